#include "t/bench/server/rounds.h"

#include "t/bench/server/load.h"
#include "t/httpd/client.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace cppcgi_bench {

struct Example {
    const char* name;
    const char* query;
    const char* body;
};

struct Gateway {
    const char* name;
    const char* path;
    bool is_quick;  // so are many rounds
};

namespace {

constexpr Example examples[] = {
    {"hello", "", ""},
    {"form", "?first_name=Margaret&last_name=Smith%2DJones&age=42&city=Rome", ""},
    {"post", "",
     "first_name=Margaret&last_name=O%27Hara+Smith&street=12+Long+Acre&city=London&"
     "postcode=WC2E+9LH&country=United+Kingdom&email=margaret%40example.org&"
     "phone=%2B44+20+7946+0000&comment=Please+ring+twice%2C+the+bell+is+broken+and+"
     "the+dog+is+loud.&newsletter=on&colour=blue&size=medium"}};

constexpr Gateway gateways[] = {{"bare C", "/bare/", true},
                                {"mod_cppcgi", "/cppcgi/", true},
                                {"our fallback", "/fallback/", false},
                                {"mod_cgid", "/cgid/", false}};

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 != 0 ? values[middle]
                                  : (values[middle - 1] + values[middle]) / 2;
}

std::string path_of(const Gateway& gateway, const Example& example) {
    return std::string(gateway.path) + example.name + example.query;
}

// A faster answer that is another one is no gain.
void check_answers(const cppcgi_test::Server& server, const Example& example) {
    cppcgi_test::Client client(server.url());
    std::string expected;
    for (const Gateway& gateway : gateways) {
        const std::string path = path_of(gateway, example);
        const cppcgi_test::Reply reply =
            *example.body ? client.post(path, example.body) : client.get(path);
        if (reply.status != 200)
            throw std::runtime_error(
                path + " answered " + std::to_string(reply.status) + "\n" +
                cppcgi_test::read_file(server.root() / "error.log"));
        if (expected.empty()) expected = reply.body;
        if (gateway.is_quick && reply.body != expected)
            throw std::runtime_error(path + " answered\n" + reply.body +
                                     "\nin place of\n" + expected);
    }
}

}  // namespace

std::string configuration() {
    std::string text = R"(
LoadModule bare_module ${BUILD}/t/bench/mod_bare.so
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
ScriptSock ${ROOT}/cgid.sock
<IfModule mpm_prefork_module>
StartServers 20
MinSpareServers 1
MaxSpareServers 64
MaxRequestWorkers 64
</IfModule>
<IfModule !mpm_prefork_module>
StartServers 1
ServerLimit 1
ThreadsPerChild 32
MinSpareThreads 1
MaxSpareThreads 32
MaxRequestWorkers 32
</IfModule>
<Directory ${BUILD}/cgi-bin>
Options +ExecCGI
SetHandler cgi-script
</Directory>
<Location /fallback>
CppCGIFallback exec
</Location>
)";
    for (const Example& example : examples) {
        const std::string name = example.name;
        text += "CppCGILibrary ${HANDLERS}/" + name + ".so\n";
        text += "<Location /bare/" + name + ">\nSetHandler bare-" + name +
                "\n</Location>\n";
        text += "<Location /cppcgi/" + name + ">\nCppCGIHandler " + name +
                "\n</Location>\n";
        for (const char* gateway : {"/fallback/", "/cgid/"})
            text += "AliasMatch ^" + std::string(gateway) + name +
                    "$ ${BUILD}/cgi-bin/" + name + ".cgi\n";
    }
    return text;
}

void Rounds::run() {
    for (const Example& example : examples) {
        if (!is_wanted(example)) continue;
        check_answers(server_, example);
        for (const Gateway& gateway : gateways)  // warm up
            if (gateway.is_quick) measure(gateway, example);
    }
    samples_.clear();
    for (int round = 0; round < options_.rounds; ++round) {
        for (const Example& example : examples) {
            if (!is_wanted(example)) continue;
            run_round(example, round);
        }
    }
}

void Rounds::report() const {
    std::printf("%s%s\n", server_.mpm().c_str(),
                options_.pin ? ", server and wrk on a processor each" : "");
    std::printf("  %-8s%-14s%10s%12s%20s%12s%10s%10s\n", "", "", "CPU us", "x bare C",
                "(lowest-highest)", "requests/s", "p50", "p99");
    for (const Example& example : examples) {
        for (const Gateway& gateway : gateways) {
            const auto found = samples_.find({example.name, gateway.name});
            if (found != samples_.end()) report_line(example, gateway, found->second);
        }
    }
    std::fflush(stdout);
}

void Rounds::run_round(const Example& example, int round) {
    double bare = 0;
    const bool with_slow = round < options_.slow_rounds;
    // Every other round the other way about, in case the first has an advantage.
    const bool backwards = round % 2 != 0;
    std::map<std::string, double> costs;
    for (std::size_t i = 0; i < std::size(gateways); ++i) {
        const std::size_t at = backwards ? std::size(gateways) - 1 - i : i;
        const Gateway& gateway = gateways[at];
        if (!gateway.is_quick && !with_slow) continue;
        costs[gateway.name] = measure(gateway, example);
    }
    bare = costs["bare C"];
    for (const auto& [name, cost] : costs)
        samples_[{example.name, name}].ratio.push_back(cost / bare);
}

double Rounds::measure(const Gateway& gateway, const Example& example) {
    const double before = account_.spent(server_.pid());
    const Load load = run_load(server_.url(path_of(gateway, example)), example.body, 1,
                               server_.root());
    const double cost = (account_.spent(server_.pid()) - before) / load.requests;
    Samples& samples = samples_[{example.name, gateway.name}];
    samples.cpu.push_back(cost);
    samples.per_second.push_back(load.per_second);
    samples.p50 = load.p50;
    samples.p99 = load.p99;
    return cost;
}

void Rounds::report_line(const Example& example, const Gateway& gateway,
                         const Samples& samples) {
    const auto [low, high] =
        std::minmax_element(samples.ratio.begin(), samples.ratio.end());
    std::printf("  %-8s%-14s%10.1f%12.2f%11.2f-%-8.2f%12.0f%10s%10s\n", example.name,
                gateway.name, median(samples.cpu), median(samples.ratio), *low, *high,
                median(samples.per_second), samples.p50.c_str(), samples.p99.c_str());
}

bool Rounds::is_wanted(const Example& example) const {
    return options_.only.find(example.name) != std::string::npos;
}

}  // namespace cppcgi_bench
