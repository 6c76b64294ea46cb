#include <cppcgi/print.h>

#include <cppcgi/error.h>
#include <cppcgi/escape.h>

#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cppcgi {

namespace {

// What a page shows of one value: a file of a gigabyte is not read for it.
constexpr std::size_t shown_bytes = 4096;

std::string quoted(std::string_view text) {
    std::string out = "'" + escape(text.substr(0, shown_bytes)) + "'";
    if (text.size() > shown_bytes) out += "...";
    return out;
}

// Escaped, and written as Python writes an object: Field('name', 'value').
std::string described(const Field& field) {
    std::string out = "Field(" + (field.has_name() ? quoted(field.name()) : "None");
    if (field.has_list()) {
        out += ", [";
        for (const Field& part : field.list()) {
            if (out.back() != '[') out += ", ";
            out += described(part);
        }
        return out += "])";
    }
    if (const auto filename = field.filename()) {
        return out + ", " + quoted(*filename) + ", " + escape(field.type()) + ", " +
               std::to_string(field.size()) + " bytes)";
    }
    return out + ", " + quoted(field.text()) + ")";
}

std::string_view kind(const Field& field) {
    if (field.has_list()) return "multipart";
    return field.filename() ? "file" : "field";
}

// Called within a catch: the exception's type, as the source has it.
std::string current_type() {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (type == nullptr) return "an exception of another language";
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> name(
        abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), std::free);
    return name ? name.get() : type->name();
}

std::pair<std::string, std::string> type_and_text(const std::exception_ptr& exception) {
    if (!exception) return {"no exception", ""};
    try {
        std::rethrow_exception(exception);
    } catch (const std::exception& error) {
        return {current_type(), error.what()};
    } catch (...) {
        return {current_type(), ""};
    }
}

void print_request(Request& request, Response& response) {
    const FieldStorage& form = request.form();
    print_directory(response);
    print_arguments(response, request);
    print_form(response, form);
    print_environ(response, request.environ());
}

// Throws what a form of more than 50 bytes gets; the body has been read by then, and is
// not needed to find out.
void refuse_beyond_50_bytes(Request& request) {
    FormInput input = request.form_input();
    if (input.content_length.value_or(0) <= 50) return;
    input.body = nullptr;
    FieldStorage form(input, request.limits(), {.maxlen = 50});
}

}  // namespace

void test(Request& request, Response& response) {
    response.content_type("text/html; charset=utf-8");
    try {
        print_request(request, response);
        print_environ_usage(response);
        response << "<H3>What follows is a test, not an actual exception:</H3>\n";
        throw std::runtime_error("testing print_exception() -- <I>italics?</I>");
    } catch (...) {
        print_exception(response);
    }
    response << "<H1>Second try with a small maxlen...</H1>\n";
    try {
        refuse_beyond_50_bytes(request);
        print_request(request, response);
    } catch (...) {
        print_exception(response);
    }
}

void print_environ(Response& response, const Environ& environ) {
    std::vector<Environ::value_type> variables(environ.begin(), environ.end());
    std::sort(variables.begin(), variables.end());
    response << "\n<H3>Shell Environment:</H3>\n<DL>\n";
    for (const auto& [name, value] : variables) {
        response.html("<DT> {} <DD> {}\n", name, value);
    }
    response << "</DL>\n\n";
}

void print_form(Response& response, const FieldStorage& form) {
    std::vector<std::string_view> names = form.keys();
    std::sort(names.begin(), names.end());
    response << "\n<H3>Form Contents:</H3>\n";
    if (names.empty()) response << "<P>No form fields.\n";
    response << "<DL>\n";
    for (const std::string_view name : names) {
        const std::vector<const Field*> fields = form.getfields(name);
        response.html("<DT>{}: <i>{}</i>\n<DD>", name,
                      fields.size() > 1 ? "list" : kind(*fields.front()));
        for (const Field* field : fields) {
            response << (field == fields.front() ? "" : ", ") << described(*field);
        }
        response << "\n";
    }
    response << "</DL>\n\n";
}

void print_directory(Response& response) {
    std::error_code error;
    const std::string directory = std::filesystem::current_path(error).string();
    response << "\n<H3>Current Working Directory:</H3>\n"
             << escape(error ? error.message() : directory) << "\n\n";
}

void print_arguments(Response& response, const Request& request) {
    response << "\n<H3>Command Line Arguments:</H3>\n\n[";
    std::string_view between = "";
    for (const std::string_view argument : request.arguments()) {
        response << std::exchange(between, ", ") << quoted(argument);
    }
    response << "]\n\n";
}

void print_environ_usage(Response& response) {
    response << R"(
<H3>These environment variables could have been set:</H3>
<UL>
<LI>AUTH_TYPE
<LI>CONTENT_LENGTH
<LI>CONTENT_TYPE
<LI>DATE_GMT
<LI>DATE_LOCAL
<LI>DOCUMENT_NAME
<LI>DOCUMENT_ROOT
<LI>DOCUMENT_URI
<LI>GATEWAY_INTERFACE
<LI>LAST_MODIFIED
<LI>PATH
<LI>PATH_INFO
<LI>PATH_TRANSLATED
<LI>QUERY_STRING
<LI>REMOTE_ADDR
<LI>REMOTE_HOST
<LI>REMOTE_IDENT
<LI>REMOTE_USER
<LI>REQUEST_METHOD
<LI>SCRIPT_NAME
<LI>SERVER_NAME
<LI>SERVER_PORT
<LI>SERVER_PROTOCOL
<LI>SERVER_ROOT
<LI>SERVER_SOFTWARE
</UL>
In addition, HTTP headers sent by the server may be passed in the
environment as well.  Here are some common variable names:
<UL>
<LI>HTTP_ACCEPT
<LI>HTTP_CONNECTION
<LI>HTTP_HOST
<LI>HTTP_PRAGMA
<LI>HTTP_REFERER
<LI>HTTP_USER_AGENT
</UL>
)";
}

void print_exception(Response& response, const std::exception_ptr& exception) {
    const auto [type, text] = type_and_text(exception);
    response << "\n<H3>Exception:</H3>\n<PRE><B>" << escape(type)
             << (text.empty() ? "" : ": ") << escape(text) << "</B></PRE>\n";
}

}  // namespace cppcgi
