// U1 to U3 and M1 to M4 of BASELINES: forms parsed by one thread without a server, by
// the vector path and by plain C++, beside memcpy of the same bytes in the same run.
// "form" is a whole FieldStorage, made and freed; "parser" hands out fields or slices.
#include <cppcgi/form_input.h>
#include <cppcgi/limits.h>

#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/form_reader.h"
#include "core/multipart.h"
#include "core/scan.h"
#include "core/urlencoded.h"
#include "t/bench/form_workloads.h"

namespace {

using namespace cppcgi_bench;
using cppcgi::detail::MultipartParser;
using cppcgi::scan::Kernels;
using Event = MultipartParser::Event;

cppcgi::Limits wide_limits() {
    cppcgi::Limits limits;
    limits.max_body = limits.max_field = limits.max_file = 1u << 30;
    limits.max_memory = 1u << 30;
    limits.max_fields = 1u << 20;
    return limits;
}

void set_bytes(benchmark::State& state, std::size_t bytes) {
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                            static_cast<std::int64_t>(bytes));
}

void whole_form(benchmark::State& state, const Kernels& kernels,
                const std::string& body, const std::string& type, bool borrow) {
    const cppcgi::Limits limits = wide_limits();
    std::size_t fields = 0;
    for (auto _ : state) {
        cppcgi::MemoryBody source(body);
        cppcgi::FormInput input;
        input.method = "POST";
        input.content_type = type;
        input.content_length = body.size();
        input.body = &source;
        input.borrow = borrow;
        const auto form = cppcgi::detail::read_form(input, limits, {}, kernels);
        if (form->fault) state.SkipWithError("the form was refused");
        fields = form->fields.size();
        benchmark::DoNotOptimize(form->fields.data());
    }
    set_bytes(state, body.size());
    state.counters["fields"] = static_cast<double>(fields);
}

// Names and values as views, in memory that is used again.
struct ViewSink {
    const char* base;
    std::pair<std::string_view, std::string_view>* to;
    cppcgi::Fault field(const cppcgi::detail::UrlencodedField& at) {
        *to++ = {{base + at.begin, at.equals - at.begin},
                 {base + at.value, at.end - at.value}};
        return {};
    }
};

void urlencoded_parser(benchmark::State& state, const Kernels& kernels,
                       const std::string& body) {
    using Parser = cppcgi::detail::UrlencodedParser<ViewSink>;
    std::vector<char> out(body.size() + Parser::slack);
    std::vector<std::pair<std::string_view, std::string_view>> fields(1000);
    for (auto _ : state) {
        ViewSink sink{out.data(), fields.data()};
        Parser parser({}, kernels, sink);
        const std::size_t written = parser.feed(body, out.data());
        parser.finish(out.data() + written);
        benchmark::DoNotOptimize(sink.to);
        benchmark::ClobberMemory();
    }
    set_bytes(state, body.size());
}

// Reading without writing, for what needs no decoding.
void urlencoded_view(benchmark::State& state, const Kernels& kernels,
                     const std::string& body) {
    using Parser = cppcgi::detail::UrlencodedParser<ViewSink>;
    std::vector<std::pair<std::string_view, std::string_view>> fields(1000);
    char none[Parser::slack];
    for (auto _ : state) {
        ViewSink sink{body.data(), fields.data()};
        Parser parser({}, kernels, sink);
        if (parser.view(body) != body.size()) state.SkipWithError("escapes");
        parser.finish(none);
        benchmark::DoNotOptimize(sink.to);
        benchmark::ClobberMemory();
    }
    set_bytes(state, body.size());
}

cppcgi::detail::MultipartRules wide_rules() {
    cppcgi::detail::MultipartRules rules;
    rules.max_parts = 1u << 20;
    return rules;
}

std::uint64_t drain(MultipartParser& parser) {
    std::uint64_t bytes = 0;
    for (;;) {
        switch (parser.next()) {
            case Event::data:
                bytes += parser.data().size();
                break;
            case Event::head:
                bytes += parser.head().name.size();
                break;
            case Event::part_end:
                break;
            case Event::need_input:
            case Event::end:
            case Event::fault:
                return bytes;
        }
    }
}

void multipart_parser(benchmark::State& state, const Kernels& kernels,
                      const std::string& body) {
    for (auto _ : state) {
        MultipartParser parser({std::string(boundary)}, wide_rules(), kernels);
        parser.feed(body);
        std::uint64_t bytes = drain(parser);
        parser.finish();
        bytes += drain(parser);
        benchmark::DoNotOptimize(bytes);
    }
    set_bytes(state, body.size());
}

// A value of 256 MB, from one chunk over and over.
void long_value(benchmark::State& state, const Kernels& kernels,
                const std::string& chunk, const std::string& mark) {
    constexpr std::size_t size = 256u << 20;
    const std::string head =
        "--" + mark +
        "\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n";
    for (auto _ : state) {
        MultipartParser parser({mark}, wide_rules(), kernels);
        parser.feed(head);
        std::uint64_t bytes = drain(parser);
        for (std::size_t fed = 0; fed < size; fed += chunk.size()) {
            parser.feed(chunk);
            bytes += drain(parser);
        }
        const std::string end = "\r\n--" + mark + "--";
        parser.feed(end);
        bytes += drain(parser);
        if (bytes < size) state.SkipWithError("bytes were lost");
    }
    set_bytes(state, size);
}

void copy(benchmark::State& state, const std::string& body) {
    std::string to(body.size(), ' ');
    for (auto _ : state) {
        std::memcpy(to.data(), body.data(), body.size());
        benchmark::DoNotOptimize(to.data());
        benchmark::ClobberMemory();
    }
    set_bytes(state, body.size());
}

// Reads every byte once, which no search can avoid.
void sum(benchmark::State& state, const std::string& body, std::size_t total) {
    for (auto _ : state) {
        for (std::size_t read = 0; read < total; read += body.size()) {
            benchmark::DoNotOptimize(std::memchr(body.data(), '\x01', body.size()));
        }
    }
    set_bytes(state, total);
}

template <class Function>
void both(const std::string& name, Function function) {
    for (const bool best : {true, false}) {
        const Kernels& kernels = best ? cppcgi::scan::best() : cppcgi::scan::plain;
        benchmark::RegisterBenchmark((name + (best ? "/best" : "/plain")).c_str(),
                                     [function, &kernels](benchmark::State& state) {
                                         function(state, kernels);
                                     });
    }
}

void add_urlencoded(const std::string& name, const std::string& body) {
    static const std::string type = "application/x-www-form-urlencoded";
    both(name + "/form", [body](auto& state, const Kernels& kernels) {
        whole_form(state, kernels, body, type, false);
    });
    both(name + "/form_borrowed", [body](auto& state, const Kernels& kernels) {
        whole_form(state, kernels, body, type, true);
    });
    both(name + "/parser", [body](auto& state, const Kernels& kernels) {
        urlencoded_parser(state, kernels, body);
    });
    if (body.find_first_of("%+") == std::string::npos) {
        both(name + "/view", [body](auto& state, const Kernels& kernels) {
            urlencoded_view(state, kernels, body);
        });
    }
    benchmark::RegisterBenchmark((name + "/memcpy").c_str(),
                                 [body](auto& state) { copy(state, body); });
}

void add_multipart(const std::string& name, const std::string& body) {
    static const std::string type =
        "multipart/form-data; boundary=" + std::string(boundary);
    both(name + "/form", [body](auto& state, const Kernels& kernels) {
        whole_form(state, kernels, body, type, false);
    });
    both(name + "/form_borrowed", [body](auto& state, const Kernels& kernels) {
        whole_form(state, kernels, body, type, true);
    });
    both(name + "/parser", [body](auto& state, const Kernels& kernels) {
        multipart_parser(state, kernels, body);
    });
    benchmark::RegisterBenchmark((name + "/memcpy").c_str(),
                                 [body](auto& state) { copy(state, body); });
}

void add_long(const std::string& name, const std::string& chunk,
              const std::string& mark) {
    both(name, [chunk, mark](auto& state, const Kernels& kernels) {
        long_value(state, kernels, chunk, mark);
    });
}

void add_all() {
    add_urlencoded("U1", small_urlencoded());
    add_urlencoded("U2", escaped_urlencoded());
    add_urlencoded("U3", plain_urlencoded());
    std::mt19937 random(6);
    for (const std::size_t size : {8u << 10, 64u << 10}) {
        const std::string name = "M1/" + std::to_string(size >> 10) + "KB";
        const std::string chunk = binary(random, size);
        add_long(name, chunk, std::string(boundary));
        const std::string text(size, 'x');
        benchmark::RegisterBenchmark((name + "/read").c_str(), [text](auto& state) {
            sum(state, text, 256u << 20);
        });
    }
    add_multipart("M2", many_parts());
    for (const Adversary& adversary : adversaries()) {
        std::string chunk;
        while (chunk.size() < 64u << 10) chunk += adversary.pattern;
        add_long(std::string("M3/") + adversary.name, chunk, adversary.boundary);
    }
    add_multipart("M4", browser_form());
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    add_all();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
