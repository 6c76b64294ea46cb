// What html() writes, read as a browser reads it (libgumbo, an HTML5 parser): whatever the
// arguments hold, the page keeps its tree. Without libgumbo nothing is tested.
#include <cppcgi/html.h>

#include <gtest/gtest.h>

#ifdef CPPCGI_HAVE_GUMBO

#include <gumbo.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "t/form_vectors.h"

namespace cppcgi {
namespace {

using namespace std::literals;
using cppcgi_test::Json;

// A page with an argument in each kind of place.
std::string page_of(const std::string& value) {
    const Html inner = html("<i title=\"{}\">{}</i>", value, value);
    return html(
               "<!DOCTYPE html><html><head><title>{}</title></head><body>"
               "<p title=\"{}\" class='{}'>{}</p><a href=\"{}\" rel='x'>link</a>"
               "<a href='/find?q={}'>{}</a><textarea name=\"{}\">\n{}</textarea>"
               "<table><tr><td>x{}</td></tr></table>{}<b>end</b></body></html>",
               value, value, value, value, value, value, value, value, value, value,
               inner)
        .markup();
}

// The tree: elements and names of attributes, and apart from them the texts.
struct Tree {
    std::string shape;
    std::vector<std::string> texts;
    std::vector<std::string> urls;
};

void read_node(const GumboNode& node, Tree& tree, std::string& text) {
    if (node.type == GUMBO_NODE_ELEMENT) {
        tree.shape += "<"s + gumbo_normalized_tagname(node.v.element.tag);
        const GumboVector& attributes = node.v.element.attributes;
        for (unsigned i = 0; i < attributes.length; ++i) {
            const auto* attribute =
                static_cast<const GumboAttribute*>(attributes.data[i]);
            tree.shape += " "s + attribute->name;
            const std::string value = attribute->value;
            if (attribute->name != "href"s) {
                tree.texts.push_back(value);
            } else if (value.starts_with("/find?q=")) {
                tree.texts.push_back(value.substr(8));
            } else {
                tree.urls.push_back(value);
            }
        }
        tree.shape += ">";
        std::string inner;
        for (unsigned i = 0; i < node.v.element.children.length; ++i)
            read_node(*static_cast<const GumboNode*>(node.v.element.children.data[i]),
                      tree, inner);
        tree.texts.push_back(inner);
        tree.shape += "</>";
    } else if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE) {
        text += node.v.text.text;
    } else {
        tree.shape += "(node of another kind)";
    }
}

Tree tree_of(const std::string& page) {
    GumboOptions options = kGumboDefaultOptions;
    GumboOutput* output = gumbo_parse_with_options(&options, page.data(), page.size());
    Tree tree;
    std::string outside;
    read_node(*output->root, tree, outside);
    tree.texts.push_back(outside);
    gumbo_destroy_output(&options, output);
    return tree;
}

// Text that a parser gives back unchanged: UTF-8 without NUL, CR and other controls.
bool is_plain(const std::string& text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte < ' ' && byte != '\n' && byte != '\t') || byte == 0x7f) return false;
        const std::size_t more = byte < 0x80       ? 0
                                 : byte >> 5 == 6  ? 1
                                 : byte >> 4 == 14 ? 2
                                 : byte >> 3 == 30 ? 3
                                                   : 9;
        if (more == 9 || i + more >= text.size() + (more == 0)) return false;
        // Noncharacters, surrogates and controls of Latin-1 are left out as well.
        if (more != 0 && (byte < 0xc3 || byte > 0xec)) return false;
        if (byte == 0xe0 && static_cast<unsigned char>(text[i + 1]) < 0xa0)
            return false;
        for (std::size_t j = 1; j <= more; ++j)
            if ((static_cast<unsigned char>(text[i + j]) & 0xc0) != 0x80) return false;
        i += more + 1;
    }
    return true;
}

// By the rules of the URL standard, written another way than the writer has them.
bool runs(std::string url) {
    std::erase_if(url, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
    const auto start = std::find_if(url.begin(), url.end(), [](char c) {
        return static_cast<unsigned char>(c) > ' ';
    });
    url.erase(url.begin(), start);
    for (char& c : url)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return url.starts_with("javascript:") || url.starts_with("vbscript:") ||
           url.starts_with("data:");
}

void expect_kept(const std::string& value) {
    static const std::string shape = tree_of(page_of("x")).shape;
    const Tree tree = tree_of(page_of(value));
    ASSERT_EQ(tree.shape, shape) << ::testing::PrintToString(value);
    ASSERT_EQ(tree.urls.size(), 1u);
    EXPECT_FALSE(runs(tree.urls[0])) << ::testing::PrintToString(value);
    if (!is_plain(value)) return;
    EXPECT_EQ(tree.urls[0], runs(value) ? "about:invalid#refused" : value);
    // Title, four attributes and the texts of p, a, textarea, td and i.
    const auto kept = std::count(tree.texts.begin(), tree.texts.end(), value) +
                      std::count(tree.texts.begin(), tree.texts.end(), "x" + value);
    EXPECT_GE(kept, 10) << ::testing::PrintToString(value);
}

TEST(HtmlTree, HoldsAgainstWhatIsMadeToBreakIt) {
    for (const char* value : {"",
                              "x",
                              " ",
                              "\n",
                              "\n\n",
                              "<",
                              ">",
                              "&",
                              "\"",
                              "'",
                              "`",
                              "=",
                              "</title>",
                              "</textarea><script>alert(1)</script>",
                              "\"><script>alert(1)</script>",
                              "' onmouseover='alert(1)",
                              "\" onmouseover=\"alert(1)",
                              "--><b>",
                              "<!--",
                              "]]>",
                              "<![CDATA[",
                              "&lt;b&gt;",
                              "&#x3c;b&#62;",
                              "&amp",
                              "&notit;",
                              "&#0;",
                              "&#38",
                              "javascript:alert(1)",
                              " JavaScript:alert(1)",
                              "java\tscript:alert(1)",
                              "java\nscript\r\n:alert(1)",
                              "\x01javascript:alert(1)",
                              "javascript\t:x",
                              "java&#115;cript:alert(1)",
                              "javascript&colon;alert(1)",
                              "vbscript:x",
                              "data:text/html,<script>",
                              "DATA:,",
                              "jav\xc2\xa0"
                              "ascript:x",
                              "\xef\xbb\xbfx",
                              "</table><b>",
                              "<tr><td>",
                              "<plaintext>",
                              "</body></html>",
                              "{}",
                              "{{",
                              "}}",
                              "\xff\xfe",
                              "\xc0\xbc script",
                              "\xe2\x80\xa8",
                              "a\rb",
                              "\x1b$B",
                              "+ADw-b+AD4-"})
        expect_kept(value);
    expect_kept("\0javascript:alert(1)"s);
    expect_kept("<\0script>"s);
    expect_kept(std::string(20000, '<'));
}

// Every string of the vectors, their bodies included.
void collect(const Json& json, std::set<std::string>& all) {
    if (json.is_string()) {
        const auto text = json.get<std::string>();
        all.insert(text);
        all.insert(cppcgi_test::from_base64(text));
    } else if (json.is_structured()) {
        if (json.is_object())
            for (const auto& [key, value] : json.items()) all.insert(key);
        for (const Json& part : json) collect(part, all);
    }
}

TEST(HtmlTree, HoldsAgainstEveryVector) {
    std::set<std::string> all;
    for (const char* family : {"multipart", "urlencoded", "cookies", "parse_header"})
        for (const Json& vector : cppcgi_test::vectors(family)) collect(vector, all);
    ASSERT_GT(all.size(), 100u);
    for (const std::string& value : all) {
        expect_kept(value.substr(0, 4000));
        if (HasFatalFailure()) return;
    }
    std::printf("  %zu texts\n", all.size());
}

// Pieces of markup in any order.
TEST(HtmlTree, HoldsAgainstPiecesAtRandom) {
    const std::string pieces[] = {"<",     ">",   "\"",   "'",      "&",    "/",
                                  "!--",   "-->", "=",    "script", " ",    "\n",
                                  "title", "a",   ";",    "#x3c",   "lt;",  "href",
                                  "on",    ":",   "java", "\0"s,    "\xff", "{"};
    std::minstd_rand random(7);
    for (int i = 0; i < 3000; ++i) {
        std::string value;
        for (auto j = random() % 12; j != 0; --j)
            value += pieces[random() % std::size(pieces)];
        expect_kept(value);
        if (HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace cppcgi

#else

TEST(HtmlTree, HoldsAgainstEveryVector) { GTEST_SKIP() << "without libgumbo"; }

#endif
