// One handler on four gateways: `inspect` gets every vector of forms, cookies and headers
// in the server, as a classic program, in a FastCGI worker behind mod_proxy_fcgi and in
// memory, and says the same each time but for the variables that doc/gateways.md lists.
#if defined(CPPCGI_HAVE_JSON) && defined(CPPCGI_HAVE_LIBCRYPTO)
#include <cppcgi/testing.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "t/form_vectors.h"
#include "t/httpd/server.h"
#include "t/httpd/worker_process.h"

CPPCGI_TEST_HANDLER(inspect)

namespace cppcgi_test {
namespace {

std::string to_base64(std::string_view bytes) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (; !bytes.empty();
         bytes.remove_prefix(std::min<std::size_t>(3, bytes.size()))) {
        unsigned group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 |
                    (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u);
        for (std::size_t i = 0; i < 4; ++i)
            text += i <= bytes.size() ? alphabet[group >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

std::string option_header(const Json& options) {
    std::string header;
    for (const auto& [name, value] : options.items()) {
        header += (header.empty() ? "" : "; ") + name + "=";
        if (value.is_boolean())
            header += value.get<bool>() ? "1" : "0";
        else
            header += value.dump();
    }
    return header;
}

// Blanks around a value are no part of it (RFC 9110 section 5.5).
std::string trimmed(const std::string& value) {
    const std::size_t first = value.find_first_not_of(" \t");
    if (first == value.npos) return {};
    return value.substr(first, value.find_last_not_of(" \t") + 1 - first);
}

struct Inspection {
    std::string id;
    std::string method;
    std::string url;
    cppcgi::testing::Pairs headers;
    std::string body;
    bool has_body = false;
};

void add_header(Inspection& inspection, const Json& vector, const std::string& family) {
    if (family == "parse_header") {
        inspection.headers.emplace_back(
            "X-Inspect-Parse-Header",
            to_base64(vector.at("header").get<std::string>()));
    } else if (vector.value("kind", "") == "parse") {
        inspection.headers.emplace_back(
            "Cookie", trimmed(vector.at("header").get<std::string>()));
    } else if (vector.value("kind", "") == "build") {
        const Json cookie = {
            {"name", vector.at("name")},
            {"value", vector.at("value")},
            {"attributes", vector.value("attributes", Json::object())}};
        inspection.headers.emplace_back("X-Inspect-Set-Cookie",
                                        to_base64(cookie.dump()));
    }
}

Inspection inspection_of(const Json& vector, const std::string& family) {
    const FormVector form(vector);
    Inspection result;
    result.id = family + " " + form.id;
    result.method = form.method;
    result.url = "/inspect" + (form.query.empty() ? "" : "?" + form.query);
    result.body = form.body;
    result.has_body = form.method != "GET" || !form.body.empty();
    if (form.content_type && !form.content_type->empty())
        result.headers.emplace_back("Content-Type", *form.content_type);
    const Json options = vector.value("options", Json::object());
    if (!options.empty())
        result.headers.emplace_back("X-Form-Option", option_header(options));
    add_header(result, vector, family);
    return result;
}

std::vector<Inspection> all_inspections() {
    std::vector<Inspection> all;
    for (const char* family : {"multipart", "urlencoded", "cookies", "parse_header"})
        for (const Json& vector : vectors(family)) {
            // To HEAD nothing is said.
            if (vector.value("method", "") == "HEAD") continue;
            all.push_back(inspection_of(vector, family));
        }
    return all;
}

// What doc/gateways.md lists as different by nature: names, and in the columns behind
// them what they are on each gateway. "CPPCGI_PARAM_..." stands for all that begin so.
class ListedDifferences {
public:
    ListedDifferences() {
        const std::string page = read_file(source_dir() / "doc/gateways.md");
        std::istringstream rows(page.substr(page.find("## What differs")));
        for (std::string row; std::getline(rows, row);)
            if (row.starts_with("| ")) rows_.push_back(split(row.substr(1), '|'));
    }

    // Whether a variable need not be in `column` what it is in the server.
    bool has(const std::string& name, std::size_t column) const {
        for (const std::vector<std::string>& row : rows_)
            for (const std::string& listed : split(row.at(0), ','))
                if (covers(listed, name)) return !row.at(column).starts_with("same");
        return false;
    }

private:
    static std::vector<std::string> split(const std::string& text, char separator) {
        std::vector<std::string> parts;
        std::istringstream stream(text);
        for (std::string part; std::getline(stream, part, separator);)
            parts.push_back(trimmed(part));
        return parts;
    }
    static bool covers(const std::string& listed, const std::string& name) {
        if (!listed.ends_with("...")) return listed == name;
        return name.starts_with(listed.substr(0, listed.size() - 3));
    }

    std::vector<std::vector<std::string>> rows_;
};

// Without the variables that may differ there.
Json comparable(Json answer, std::size_t column) {
    static const ListedDifferences differences;
    if (!answer.is_object()) return answer;
    Json kept = Json::object();
    for (const auto& [name, value] : answer["environ"].items())
        if (!differences.has(name, column)) kept[name] = value;
    answer["environ"] = std::move(kept);
    return answer;
}

class Gateways : public HttpdTest {
protected:
    void SetUp() override {
        if (const std::string reason = WorkerProcess::missing(); !reason.empty())
            GTEST_SKIP() << reason;
        server.install("cgi-bin/inspect.cgi", "docroot/inspect");
        for (const char* module : {"proxy", "proxy_fcgi"}) server.load(module);
    }
    // At the same URL of the same server, whose configuration says by which gateway.
    std::map<std::string, Json> ask(const std::string& config) {
        if (server.running()) {
            server.configure(config);
            EXPECT_TRUE(server.graceful());
        } else {
            server.start(config);
        }
        std::map<std::string, Json> answers;
        Client one = client();
        for (const Inspection& inspection : inspections_) {
            Question question{.path = inspection.url, .method = inspection.method};
            if (inspection.has_body) question.body = inspection.body;
            question.headers = {"Accept:", "User-Agent:", "Content-Type:", "Expect:"};
            for (const auto& [name, value] : inspection.headers) {
                if (name == "Content-Type") question.headers[2] = name + ": " + value;
                if (name != "Content-Type")
                    question.headers.push_back(value.empty() ? name + ";"
                                                             : name + ": " + value);
            }
            const Reply reply = one.send(question);
            answers[inspection.id] = Json::parse(reply.body, nullptr, false);
            EXPECT_FALSE(answers[inspection.id].is_discarded())
                << inspection.id << ": " << reply.status << ' ' << reply.error
                << reply.body;
        }
        return answers;
    }
    std::map<std::string, Json> ask_in_memory() const {
        std::map<std::string, Json> answers;
        for (const Inspection& inspection : inspections_) {
            cppcgi::testing::Options options{.headers = inspection.headers};
            options.headers.emplace_back("Host",
                                         "127.0.0.1:" + std::to_string(server.port()));
            answers[inspection.id] =
                Json::parse(cppcgi::testing::send(inspection.method, inspection.url,
                                                  inspection.body, options)
                                .body);
        }
        return answers;
    }

    std::vector<Inspection> inspections_ = all_inspections();
    WorkerProcess worker_;
};

TEST_P(Gateways, AnswerEveryVectorAlike) {
    ASSERT_NO_FATAL_FAILURE(worker_.start(server, {server.handlers() / "inspect.so"}));
    const auto in_server =
        ask("CppCGILibrary ${HANDLERS}/inspect.so\n"
            "<Location /inspect>\nCppCGIHandler inspect\n</Location>\n");
    // In the order of the page's columns.
    const std::map<std::string, Json> others[] = {
        ask("<Files inspect>\nOptions +ExecCGI\nSetHandler cgi-script\n</Files>\n"),
        ask("<Location /inspect>\nSetHandler \"proxy:" + worker_.address() +
            "\"\n</Location>\n"),
        ask_in_memory()};
    EXPECT_GT(inspections_.size(), 100u);
    for (const Inspection& inspection : inspections_) {
        for (std::size_t i = 0; i < std::size(others); ++i) {
            const Json wanted = comparable(in_server.at(inspection.id), i + 2);
            const Json found = comparable(others[i].at(inspection.id), i + 2);
            ASSERT_EQ(found, wanted)
                << inspection.id << ", column " << i + 2
                << " of doc/gateways.md: " << Json::diff(wanted, found).dump(1);
        }
    }
}

CPPCGI_ON_EVERY_MPM(Gateways);

}  // namespace
}  // namespace cppcgi_test
#endif
