// `cppcgi run FILE`: one request in memory, without a server.
#include "core/secrets.h"
#include "gateway/environment.h"
#include "gateway/memory.h"
#include "tools/cppcgi/command.h"
#include "tools/cppcgi/compiler.h"
#include "tools/cppcgi/raw_request.h"
#include "tools/cppcgi/saved_report.h"
#include "tools/handler_libraries.h"
#include "tools/scratch.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace cppcgi::tools {

namespace {

namespace fs = std::filesystem;

struct RunRequest {
    std::string file;
    std::string request_file;
    std::string handler;
    std::string path;
    std::string query;
    std::string form;
    Words headers, params;
    bool is_post = false;
    bool only_body = false;
};

std::string bytes_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in) throw std::runtime_error("cannot read " + file);
    return bytes;
}

std::pair<std::string, std::string> split(const std::string& word, char by,
                                          const char* option) {
    const std::size_t at = word.find(by);
    if (at == word.npos)
        throw std::runtime_error(std::string(option) + " takes " +
                                 (by == '=' ? "NAME=VALUE" : "\"Name: value\"") +
                                 ", not \"" + word + "\"");
    const std::size_t value = word.find_first_not_of(' ', at + 1);
    return {word.substr(0, at), value == word.npos ? "" : word.substr(value)};
}

std::string joined(const Words& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

bool is_content_type(const std::pair<std::string, std::string>& header) {
    return program::variable_of_header(header.first) == "CONTENT_TYPE";
}

program::MemoryRequest replay(RunRequest& wanted, std::string_view text) {
    SavedReport saved = parse_saved_report(text);
    if (wanted.handler.empty()) wanted.handler = saved.handler;
    auto& options = saved.request.options;
    if (wanted.is_post) std::erase_if(options.headers, is_content_type);
    if (!wanted.path.empty())
        std::erase_if(options.environ, [](const auto& variable) {
            return variable.first == "SCRIPT_NAME" || variable.first == "PATH_INFO";
        });
    if (!saved.hidden.empty())
        std::cerr << "cppcgi run: the report hides " << joined(saved.hidden)
                  << ": the handler gets " << detail::hidden_text
                  << " in their place; --header, --path, --post and --param give "
                     "others\n";
    if (!saved.missing.empty())
        std::cerr << "cppcgi run: the report does not have " << joined(saved.missing)
                  << "\n";
    return std::move(saved.request);
}

// The request of a file: as it goes over the wire, or a saved error report.
program::MemoryRequest read_request(RunRequest& wanted) {
    const std::string text = bytes_of(wanted.request_file);
    try {
        return is_saved_report(text) ? replay(wanted, text) : parse_raw_request(text);
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(wanted.request_file + ": " + error.what());
    }
}

program::MemoryRequest request_of(RunRequest& wanted) {
    program::MemoryRequest request;
    if (!wanted.request_file.empty()) request = read_request(wanted);
    if (!wanted.path.empty()) request.url = wanted.path;
    if (!wanted.query.empty())
        request.url +=
            (request.url.find('?') == std::string::npos ? "?" : "&") + wanted.query;
    auto& headers = request.options.headers;
    for (const std::string& word : wanted.headers) {
        auto header = split(word, ':', "--header");
        // In the place of one from the file.
        std::erase_if(headers, [&](const auto& other) {
            return program::variable_of_header(other.first) ==
                   program::variable_of_header(header.first);
        });
        headers.push_back(std::move(header));
    }
    auto& params = request.options.params;
    for (const std::string& param : wanted.params)
        params.insert(params.begin(), split(param, '=', "--param"));
    if (!wanted.is_post) return request;
    request.method = "POST";
    request.body =
        wanted.form.starts_with('@') ? bytes_of(wanted.form.substr(1)) : wanted.form;
    if (std::none_of(headers.begin(), headers.end(), is_content_type))
        headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    return request;
}

const OpenHandler& choose(const std::vector<OpenHandler>& handlers,
                          const std::string& name) {
    std::string known;
    for (const OpenHandler& handler : handlers) {
        if (name.empty() ? handler.is_default : handler.name == name) return handler;
        known += (known.empty() ? "" : ", ") + handler.name;
    }
    throw std::runtime_error(
        name.empty()
            ? "the library has several handlers, " + known + ": name one with --handler"
            : "the library has no handler " + name + ", only " + known);
}

void put(const std::string& text, FILE* where) {
    std::fwrite(text.data(), 1, text.size(), where);
}

int call(RunRequest wanted, const std::string& library) {
    HandlerLibraries libraries;
    libraries.add(library);
    const std::vector<OpenHandler> handlers = libraries.open();
    program::MemoryRequest request = request_of(wanted);
    const OpenHandler& handler = choose(handlers, wanted.handler);
    if (wanted.request_file.empty() && wanted.path.empty())
        request.url.insert(1, handler.name);
    const program::MemoryEnvironment environment(request);
    program::MemoryCall one(handler.name, request, environment);
    const bool is_whole = one.run(handler.entry);
    const testing::Page page = one.page();
    libraries.close();
    put(page.log, stderr);
    if (!wanted.only_body) put(page.head + "\n", stdout);
    put(page.body, stdout);
    return is_whole && !one.failed() ? 0 : 1;
}

int run_request(const RunRequest& wanted) {
    if (!fs::exists(wanted.file))
        throw std::runtime_error("there is no " + wanted.file);
    if (fs::path(wanted.file).extension() == ".so") return call(wanted, wanted.file);
    const Scratch scratch("run");
    const fs::path library = scratch.path() / product_of(wanted.file, Product::library);
    const Words words = Compiler().command(Product::library, {wanted.file}, library,
                                           {.optimisation = "-O0"});
    if (run_program(words, {.output = 2}) != 0)
        throw std::runtime_error(wanted.file + " does not compile");
    return call(wanted, library);
}

const Command command(30, [](CLI::App& program, int& status) {
    auto wanted = std::make_shared<RunRequest>();
    CLI::App* run = program.add_subcommand(
        "run",
        "Calls a handler once, without a server, and writes its response. The exit "
        "status is 1 when the handler failed.");
    run->add_option("FILE", wanted->file, "FILE.so, or FILE.cc, which is built first")
        ->required();
    run->add_option("REQUEST", wanted->request_file,
                    "a file with a raw HTTP request, or a saved error report");
    run->add_option("--get", wanted->query, "the query, NAME=VALUE&...");
    run->add_option("--post", wanted->form,
                    "a form's body, NAME=VALUE&..., or @FILE with one");
    run->add_option("--path", wanted->path,
                    "the URL, /hello/there; its first part is SCRIPT_NAME");
    run->add_option("--handler", wanted->handler, "which, of several");
    run->add_option("--header", wanted->headers,
                    "\"Name: value\" of the request; may be repeated")
        ->allow_extra_args(false);
    run->add_option("--param", wanted->params,
                    "NAME=VALUE, what CppCGIParam is; may be repeated")
        ->allow_extra_args(false);
    run->add_flag("--body", wanted->only_body, "writes no head");
    run->callback([wanted, run, &status] {
        wanted->is_post = run->count("--post") != 0;
        status = run_request(*wanted);
    });
});

}  // namespace

}  // namespace cppcgi::tools
