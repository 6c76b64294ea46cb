// The example form as a classic program written with GNU cgicc.
#include <cgicc/Cgicc.h>
#include <cgicc/CgiDefs.h>
#include <cgicc/HTTPHTMLHeader.h>

#include <iostream>
#include <unistd.h>

namespace {

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '&':
                out += "&amp;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string first(const cgicc::Cgicc& cgi, const char* name, const char* otherwise) {
    const auto found = cgi.getElement(name);
    return escaped(found == cgi.getElements().end() ? otherwise : found->getValue());
}

}  // namespace

int main() {
    const cgicc::Cgicc cgi;
    int variables = 0;
    while (environ[variables]) ++variables;
    std::cout
        << cgicc::HTTPHTMLHeader()
        << "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Form</title></head>\n"
           "<body>\n<h1>Hello "
        << first(cgi, "first_name", "you") << ' ' << first(cgi, "last_name", "")
        << "</h1>\n<p>" << variables
        << " variables make up the environment of this request, and "
        << cgi.getElements().size()
        << " fields its form.</p>\n<p>This page is about 300 bytes long, as those "
           "are that the other servers send.</p>\n</body>\n</html>\n";
}
