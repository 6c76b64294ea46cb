// Finds where the arguments of an HTML format go, while the format is compiled: in text, in
// a quoted attribute, or at the start of one that holds a URL. Everywhere else (script,
// style, comment, tag name, on* handler, unquoted attribute) escaping is not enough, and the
// format does not compile. Follows the tokenizer of the HTML standard (section 13.2.5) as
// far as a format can go.
#ifndef CPPCGI_HTML_PLACE_H
#define CPPCGI_HTML_PLACE_H

#include <array>
#include <cstddef>
#include <string_view>

namespace cppcgi {

enum class HtmlPlace : unsigned char {
    text,       // between tags, in <title> or <textarea>: markup may stand here as well
    attribute,  // in a quoted attribute, behind the start of a URL included
    url  // at the start of an attribute that holds a URL: its scheme is looked at
};

namespace detail {

// Reaching one of these ends the compilation: their names are the message.
namespace html_error {
inline void a_place_stands_inside_a_script_or_style() {}
inline void a_place_stands_inside_a_comment_or_doctype() {}
inline void a_place_stands_in_a_tag_but_not_in_a_quoted_attribute() {}
inline void a_place_stands_in_an_event_handler_style_or_srcdoc_attribute() {}
inline void a_place_in_a_url_follows_text_that_could_make_a_scheme() {}
inline void a_place_in_a_url_follows_a_scheme_that_runs() {}
inline void a_place_at_the_start_of_a_url_is_followed_by_a_colon() {}
inline void the_format_ends_inside_a_tag_comment_script_or_style() {}
inline void a_brace_is_neither_a_place_nor_doubled() {}
inline void the_number_of_places_is_not_that_of_arguments() {}
inline void markup_is_given_for_a_place_that_is_not_text() {}
}  // namespace html_error

class HtmlReader {
public:
    constexpr void read(char character) {
        const char c = lower(character);
        switch (state_) {
            case State::data:
                return data(c);
            case State::tag_open:
                return tag_open(c);
            case State::end_tag_open:
                return end_tag_open(c);
            case State::tag_name:
                return tag_name(c);
            case State::before_attribute:
                return before_attribute(c);
            case State::attribute_name:
                return attribute_name(c);
            case State::after_attribute_name:
                return after_attribute_name(c);
            case State::before_value:
                return before_value(c);
            case State::double_quoted:
                return quoted(c, '"');
            case State::single_quoted:
                return quoted(c, '\'');
            case State::unquoted:
                return unquoted(c);
            case State::declaration:
                return declaration(c);
            case State::bogus_comment:
                return bogus_comment(c);
            case State::comment:
                return comment(c);
            case State::element_text:
                return element_text(c);
        }
    }

    // Where an argument that stands here would go.
    constexpr HtmlPlace place() {
        switch (state_) {
            case State::data:
                return HtmlPlace::text;
            case State::element_text:
                if (!is_one_of(tag_.view(), escapable_elements))
                    html_error::a_place_stands_inside_a_script_or_style();
                matched_ = 0;
                return HtmlPlace::text;
            case State::double_quoted:
            case State::single_quoted:
                return attribute_place();
            case State::declaration:
            case State::bogus_comment:
            case State::comment:
                html_error::a_place_stands_inside_a_comment_or_doctype();
                break;
            default:
                html_error::a_place_stands_in_a_tag_but_not_in_a_quoted_attribute();
                break;
        }
        return HtmlPlace::text;
    }

    constexpr void finish() const {
        if (state_ != State::data)
            html_error::the_format_ends_inside_a_tag_comment_script_or_style();
    }

private:
    enum class State : unsigned char {
        data,
        tag_open,
        end_tag_open,
        tag_name,
        before_attribute,
        attribute_name,
        after_attribute_name,
        before_value,
        double_quoted,
        single_quoted,
        unquoted,
        declaration,
        bogus_comment,
        comment,
        element_text  // up to the end tag of an element whose content is no markup
    };

    // What is known of the URL in an attribute before the place.
    enum class Prefix : unsigned char {
        empty,
        open,     // what may become a scheme
        placed,   // an argument, whose own scheme is looked at when the page is made
        entity,   // a character reference, which may stand for a colon
        settled,  // no scheme can come any more
        runs      // a scheme whose rest is code
    };

    struct Name {
        std::array<char, 16> text{};  // longer than any name that matters here
        std::size_t size = 0;

        constexpr void start(char c) {
            size = 0;
            add(c);
        }
        constexpr void add(char c) {
            if (size < text.size()) text[size++] = c;
        }
        constexpr std::string_view view() const { return {text.data(), size}; }
    };

    static constexpr std::string_view escapable_elements[] = {"title", "textarea"};
    static constexpr std::string_view raw_elements[] = {
        "script",  "style",    "xmp",      "iframe",
        "noembed", "noframes", "noscript", "plaintext"};
    static constexpr std::string_view running_schemes[] = {"javascript", "vbscript",
                                                           "data"};
    static constexpr std::string_view url_attributes[] = {
        "action", "archive",  "background", "cite",       "classid", "codebase",
        "data",   "dynsrc",   "formaction", "href",       "icon",    "longdesc",
        "lowsrc", "manifest", "ping",       "poster",     "profile", "src",
        "srcset", "usemap",   "xlink:href", "imagesrcset"};

    template <std::size_t Size>
    static constexpr bool is_one_of(std::string_view name,
                                    const std::string_view (&names)[Size]) {
        for (const std::string_view candidate : names)
            if (candidate == name) return true;
        return false;
    }

    static constexpr char lower(char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    static constexpr bool is_space(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
    }
    static constexpr bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

    constexpr HtmlPlace attribute_place() {
        const std::string_view name = attribute_.view();
        if (name.starts_with("on") || name == "style" || name == "srcdoc")
            html_error::a_place_stands_in_an_event_handler_style_or_srcdoc_attribute();
        if (!is_one_of(name, url_attributes)) return HtmlPlace::attribute;
        if (prefix_ == Prefix::runs)
            html_error::a_place_in_a_url_follows_a_scheme_that_runs();
        const bool at_start = prefix_ == Prefix::empty;
        // A second place may only come once the first one's scheme is settled.
        if (!at_start && prefix_ != Prefix::settled)
            html_error::a_place_in_a_url_follows_text_that_could_make_a_scheme();
        if (at_start) prefix_ = Prefix::placed;
        return at_start ? HtmlPlace::url : HtmlPlace::attribute;
    }

    constexpr void data(char c) {
        if (c == '<') state_ = State::tag_open;
    }
    constexpr void tag_open(char c) {
        closing_ = false;
        if (is_letter(c)) return start_tag(c);
        if (c == '/') {
            state_ = State::end_tag_open;
        } else if (c == '!') {
            state_ = State::declaration;
            matched_ = 0;
        } else {
            state_ = c == '?' ? State::bogus_comment : State::data;
        }
    }
    constexpr void end_tag_open(char c) {
        closing_ = true;
        if (is_letter(c)) return start_tag(c);
        state_ = c == '>' ? State::data : State::bogus_comment;
    }
    constexpr void start_tag(char c) {
        tag_.start(c);
        state_ = State::tag_name;
    }
    constexpr void tag_name(char c) {
        if (is_space(c) || c == '/') {
            state_ = State::before_attribute;
        } else if (c == '>') {
            end_tag();
        } else {
            tag_.add(c);
        }
    }
    constexpr void end_tag() {
        matched_ = 0;
        const bool is_text = is_one_of(tag_.view(), raw_elements) ||
                             is_one_of(tag_.view(), escapable_elements);
        state_ = is_text && !closing_ ? State::element_text : State::data;
    }
    constexpr void before_attribute(char c) {
        if (is_space(c) || c == '/') return;
        if (c == '>') return end_tag();
        attribute_.start(c);
        state_ = State::attribute_name;
    }
    constexpr void attribute_name(char c) {
        if (c == '=') {
            state_ = State::before_value;
        } else if (is_space(c)) {
            state_ = State::after_attribute_name;
        } else if (c == '/') {
            state_ = State::before_attribute;
        } else if (c == '>') {
            end_tag();
        } else {
            attribute_.add(c);
        }
    }
    constexpr void after_attribute_name(char c) {
        if (is_space(c)) return;
        if (c == '=') {
            state_ = State::before_value;
        } else {
            state_ = State::before_attribute;
            before_attribute(c);
        }
    }
    constexpr void before_value(char c) {
        if (is_space(c)) return;
        prefix_ = Prefix::empty;
        if (c == '"') {
            state_ = State::double_quoted;
        } else if (c == '\'') {
            state_ = State::single_quoted;
        } else if (c == '>') {
            end_tag();
        } else {
            state_ = State::unquoted;
        }
    }
    constexpr void quoted(char c, char quote) {
        if (c == quote) {
            state_ = State::before_attribute;
        } else if (is_one_of(attribute_.view(), url_attributes)) {
            url(c);
        }
    }
    constexpr void url(char c) {
        const bool is_open = prefix_ == Prefix::empty || prefix_ == Prefix::open;
        if (!is_open && prefix_ != Prefix::placed) return;
        if (c == '/' || c == '?' || c == '#') {
            prefix_ = Prefix::settled;
        } else if (c == '&') {
            prefix_ = Prefix::entity;
        } else if (c == ':' && !is_open) {
            html_error::a_place_at_the_start_of_a_url_is_followed_by_a_colon();
        } else if (c == ':') {
            prefix_ = is_one_of(scheme_.view(), running_schemes) ? Prefix::runs
                                                                 : Prefix::settled;
        } else if (is_open && static_cast<unsigned char>(c) > ' ') {
            // Browsers skip blanks and controls in a scheme.
            if (prefix_ == Prefix::empty) scheme_.size = 0;
            scheme_.add(c);
            prefix_ = Prefix::open;
        }
    }
    constexpr void unquoted(char c) {
        if (is_space(c)) state_ = State::before_attribute;
        if (c == '>') end_tag();
    }
    constexpr void declaration(char c) {
        if (c == '-' && ++matched_ == 2) {
            state_ = State::comment;
            matched_ = 0;
        } else if (c != '-') {
            state_ = c == '>' ? State::data : State::bogus_comment;
        }
    }
    constexpr void bogus_comment(char c) {
        if (c == '>') state_ = State::data;
    }
    constexpr void comment(char c) {
        if (c == '-') {
            ++matched_;
        } else {
            if (c == '>' && matched_ >= 2) state_ = State::data;
            matched_ = 0;
        }
    }
    // matched_ counts the characters of "</name" seen so far.
    constexpr void element_text(char c) {
        const std::size_t whole = tag_.size + 2;
        if (matched_ == whole && (is_space(c) || c == '/' || c == '>')) {
            closing_ = true;
            state_ = State::before_attribute;
            if (c == '>') end_tag();
            return;
        }
        const char wanted = matched_ == 0      ? '<'
                            : matched_ == 1    ? '/'
                            : matched_ < whole ? tag_.text[matched_ - 2]
                                               : '\0';
        matched_ = c == wanted ? matched_ + 1 : (c == '<' ? 1 : 0);
    }

    State state_ = State::data;
    Prefix prefix_ = Prefix::empty;
    bool closing_ = false;
    std::size_t matched_ = 0;
    Name tag_;
    Name attribute_;
    Name scheme_;
};

}  // namespace detail

}  // namespace cppcgi

#endif
