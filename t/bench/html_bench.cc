// A page of fifty calls of html() against the same page by hand: appends of literals and a
// loop that escapes. Both go through a Response, and the bytes are compared first. One call
// may take 1.3 times what it takes by hand.
#include <cppcgi.h>

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

namespace {

// A host that takes everything and keeps it when it is asked to.
struct Host {
    std::string kept;
    bool keeps = false;
};

int none(void*, cppcgi_text, cppcgi_text*) { return 0; }
int no_more(void*, cppcgi_visit, void*) { return 0; }
int take_head(void*, const cppcgi_head*) { return 0; }
int take(void* call, cppcgi_text data, unsigned) {
    Host& host = *static_cast<Host*>(call);
    if (host.keeps) host.kept.append(data.data, data.size);
    benchmark::DoNotOptimize(data.data);
    return 0;
}

constexpr cppcgi_gateway table() {
    cppcgi_gateway gateway{};
    gateway.size = sizeof gateway;
    gateway.abi = CPPCGI_ABI;
    gateway.variable = gateway.header = gateway.parameter = none;
    gateway.each_variable = gateway.each_header = no_more;
    gateway.each_parameter = gateway.each_argument = no_more;
    gateway.head = take_head;
    gateway.write = take;
    return gateway;
}

constexpr cppcgi_gateway gateway = table();

struct Row {
    std::string url;
    std::string name;
    std::string note;
    int count;
};

const Row rows[] = {
    {"/people/7?tab=orders&page=2", "Zara Ali", "Always pays in time.", 12},
    {"https://example.org/a/b", "Bob & Alice O'Hara", "5 < 6, and \"so on\"", 340},
    {"/x", "Gr\xc3\xbcn", "", 7},
    {"mailto:someone@example.org", "A rather long name, as long names go in lists",
     "A note of some length that has nothing at all in it which would have to be "
     "escaped, as most text that people write has not.",
     1000000}};

const Row& row(int i) { return rows[static_cast<unsigned>(i) % std::size(rows)]; }

void by_html(cppcgi::Request&, cppcgi::Response& res) {
    for (int i = 0; i < 50; ++i) {
        const Row& r = row(i);
        res.html(
            "<tr class=\"row\"><td><a href=\"{}\" title=\"{}\">{}</a></td>"
            "<td>{}</td><td>{}</td></tr>\n",
            r.url, r.name, r.name, r.note, r.count);
    }
}

// What a careful author writes: one pass, by character.
void append_escaped(std::string& page, const std::string& text) {
    for (const char c : text) {
        switch (c) {
            case '&':
                page += "&amp;";
                break;
            case '<':
                page += "&lt;";
                break;
            case '>':
                page += "&gt;";
                break;
            case '"':
                page += "&quot;";
                break;
            case '\'':
                page += "&#x27;";
                break;
            default:
                page += c;
        }
    }
}

template <class Escape>
std::string page_of(Escape escape) {
    std::string page;
    for (int i = 0; i < 50; ++i) {
        const Row& r = row(i);
        page += "<tr class=\"row\"><td><a href=\"";
        escape(page, r.url);
        page += "\" title=\"";
        escape(page, r.name);
        page += "\">";
        escape(page, r.name);
        page += "</a></td><td>";
        escape(page, r.note);
        page += "</td><td>";
        page += std::to_string(r.count);
        page += "</td></tr>\n";
    }
    return page;
}

void by_hand(cppcgi::Request&, cppcgi::Response& res) {
    res << page_of(append_escaped);
}

// What an author writes who has measured: runs in place of characters.
void append_runs(std::string& page, std::string_view text) {
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char* entity = nullptr;
        switch (text[i]) {
            case '&':
                entity = "&amp;";
                break;
            case '<':
                entity = "&lt;";
                break;
            case '>':
                entity = "&gt;";
                break;
            case '"':
                entity = "&quot;";
                break;
            case '\'':
                entity = "&#x27;";
                break;
            default:
                continue;
        }
        page.append(text.substr(start, i - start)).append(entity);
        start = i + 1;
    }
    page.append(text.substr(start));
}

void by_runs(cppcgi::Request&, cppcgi::Response& res) { res << page_of(append_runs); }

void run(cppcgi::HandlerFunction page, Host& host) {
    cppcgi_outcome outcome;
    outcome.size = sizeof outcome;
    cppcgi::detail::invoke(page, &gateway, &host, &outcome);
    if (outcome.cause != CPPCGI_CAUSE_NONE) std::abort();
}

void measure(benchmark::State& state, cppcgi::HandlerFunction page) {
    Host expected{{}, true}, host{{}, true};
    run(by_hand, expected);
    run(page, host);
    if (host.kept != expected.kept) return state.SkipWithError("another page");
    host.keeps = false;
    for (auto _ : state) run(page, host);
    state.SetBytesProcessed(state.iterations() *
                            static_cast<std::int64_t>(expected.kept.size()));
}

}  // namespace

BENCHMARK_CAPTURE(measure, by_hand, by_hand);
BENCHMARK_CAPTURE(measure, by_runs, by_runs);
BENCHMARK_CAPTURE(measure, by_html, by_html);

BENCHMARK_MAIN();
