// The workloads of forms_bench on other C++ libraries that Debian packages, for a run
// beside it: cgicc, POCO and Boost.URL, each by its own usual calls and with its own
// containers. What is not installed is left out.
#include <benchmark/benchmark.h>

#include <cstring>
#include <sstream>
#include <string>

#include "t/bench/form_workloads.h"

#if __has_include(<cgicc/Cgicc.h>)
#include <cgicc/Cgicc.h>
#define CPPCGI_PEER_CGICC 1
#endif
#if __has_include(<Poco/Net/HTMLForm.h>)
#include <Poco/Net/HTMLForm.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/PartHandler.h>
#include <Poco/NullStream.h>
#include <Poco/StreamCopier.h>
#define CPPCGI_PEER_POCO 1
#endif
#if __has_include(<boost/url/parse_query.hpp>)
#include <boost/url/params_view.hpp>
#include <boost/url/parse_query.hpp>
#define CPPCGI_PEER_BOOST_URL 1
#endif

namespace {

using namespace cppcgi_bench;

const std::string urlencoded = "application/x-www-form-urlencoded";
const std::string multipart = "multipart/form-data; boundary=" + std::string(boundary);

[[maybe_unused]] void set_bytes(benchmark::State& state, const std::string& body) {
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                            static_cast<std::int64_t>(body.size()));
}

#if CPPCGI_PEER_CGICC
struct CgiccInput : cgicc::CgiInput {
    CgiccInput(const std::string& text, const std::string& kind)
        : body(text), type(kind) {}
    std::size_t read(char* data, std::size_t size) override {
        const std::size_t count = std::min(size, body.size() - at);
        std::memcpy(data, body.data() + at, count);
        at += count;
        return count;
    }
    std::string getenv(const char* name) override {
        if (std::strcmp(name, "REQUEST_METHOD") == 0) return "POST";
        if (std::strcmp(name, "CONTENT_TYPE") == 0) return type;
        if (std::strcmp(name, "CONTENT_LENGTH") == 0)
            return std::to_string(body.size());
        return "";
    }
    const std::string& body;
    const std::string& type;
    std::size_t at = 0;
};

void by_cgicc(benchmark::State& state, const std::string& body,
              const std::string& type) {
    for (auto _ : state) {
        CgiccInput input(body, type);
        const cgicc::Cgicc form(&input);
        benchmark::DoNotOptimize(form.getElements().size() + form.getFiles().size());
    }
    set_bytes(state, body);
}
#endif

#if CPPCGI_PEER_POCO
struct DrainingHandler : Poco::Net::PartHandler {
    void handlePart(const Poco::Net::MessageHeader&, std::istream& stream) override {
        Poco::NullOutputStream nowhere;
        Poco::StreamCopier::copyStream(stream, nowhere, 64u << 10);
    }
};

void by_poco(benchmark::State& state, const std::string& body,
             const std::string& type) {
    for (auto _ : state) {
        Poco::Net::HTTPRequest request("POST", "/");
        request.setContentType(type);
        std::istringstream stream(body);
        DrainingHandler handler;
        Poco::Net::HTMLForm form;
        form.setFieldLimit(0);
        form.setValueLengthLimit(1 << 30);
        form.load(request, stream, handler);
        benchmark::DoNotOptimize(form.size());
    }
    set_bytes(state, body);
}
#endif

#if CPPCGI_PEER_BOOST_URL
// Boost.URL checks escapes and counts fields first, and decodes each as it is asked for.
void by_boost(benchmark::State& state, const std::string& body) {
    for (auto _ : state) {
        boost::urls::encoding_opts options;
        options.space_as_plus = true;
        const boost::urls::params_view fields(body, options);
        std::size_t bytes = 0;
        for (const auto& field : fields) bytes += field.key.size() + field.value.size();
        benchmark::DoNotOptimize(bytes);
    }
    set_bytes(state, body);
}
#endif

void add(const std::string& name, const std::string& body, const std::string& type) {
    [[maybe_unused]] const bool is_query = type == urlencoded;
#if CPPCGI_PEER_CGICC
    benchmark::RegisterBenchmark(
        (name + "/cgicc").c_str(),
        [body, &type](benchmark::State& state) { by_cgicc(state, body, type); });
#endif
#if CPPCGI_PEER_POCO
    benchmark::RegisterBenchmark(
        (name + "/poco").c_str(),
        [body, &type](benchmark::State& state) { by_poco(state, body, type); });
#endif
#if CPPCGI_PEER_BOOST_URL
    if (is_query) {
        benchmark::RegisterBenchmark(
            (name + "/boost_url").c_str(),
            [body](benchmark::State& state) { by_boost(state, body); });
    }
#endif
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    add("U1", small_urlencoded(), urlencoded);
    add("U2", escaped_urlencoded(), urlencoded);
    add("U3", plain_urlencoded(), urlencoded);
    add("M2", many_parts(), multipart);
    add("M4", browser_form(), multipart);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
