// Formats that must not compile, one a case: mk/check-refused.sh compiles this file once for
// each, with CASE set to its number, and wants the word behind it in the compiler's message.
// Without CASE it must compile.
#include <cppcgi/response.h>

void write_page(cppcgi::Response& res, const cppcgi::Html& markup) {
    res.html("<p title=\"{}\">{}{}</p>", "a", markup, 1);
#if CASE == 1  // a_place_stands_in_a_tag_but_not_in_a_quoted_attribute
    res.html("<p {}>", 1);
#elif CASE == 2  // a_place_stands_in_a_tag_but_not_in_a_quoted_attribute
    res.html("<h{}>", 1);
#elif CASE == 3  // a_place_stands_in_a_tag_but_not_in_a_quoted_attribute
    res.html("<a href={}>", "x");
#elif CASE == 4  // a_place_stands_in_a_tag_but_not_in_a_quoted_attribute
    res.html("<a href=x{}>", "x");
#elif CASE == 5  // a_place_stands_inside_a_script_or_style
    res.html("<script>var x = \"{}\";</script>", "x");
#elif CASE == 6  // a_place_stands_inside_a_script_or_style
    res.html("<STYLE>{}</STYLE>", "x");
#elif CASE == 7  // a_place_stands_inside_a_comment_or_doctype
    res.html("<!-- {} -->", "x");
#elif CASE == 8  // a_place_stands_inside_a_comment_or_doctype
    res.html("<!DOCTYPE {}>", "x");
#elif CASE == 9  // a_place_stands_in_an_event_handler_style_or_srcdoc_attribute
    res.html("<a onclick=\"f('{}')\">", "x");
#elif CASE == 10  // a_place_stands_in_an_event_handler_style_or_srcdoc_attribute
    res.html("<a STYLE='color:{}'>", "x");
#elif CASE == 11  // a_place_stands_in_an_event_handler_style_or_srcdoc_attribute
    res.html("<iframe srcdoc=\"{}\"></iframe>", "x");
#elif CASE == 12  // a_place_in_a_url_follows_text_that_could_make_a_scheme
    res.html("<a href=\"java{}\">", "x");
#elif CASE == 13  // a_place_in_a_url_follows_text_that_could_make_a_scheme
    res.html("<a href=\"{}{}\">", "java", "script:");
#elif CASE == 21  // a_place_at_the_start_of_a_url_is_followed_by_a_colon
    res.html("<a href=\"{}:{}\">", "javascript", "alert(1)");
#elif CASE == 22  // a_place_in_a_url_follows_a_scheme_that_runs
    res.html("<a href=\"javascript:f('{}')\">", "x");
#elif CASE == 23  // a_place_in_a_url_follows_a_scheme_that_runs
    res.html("<a href=' Java\tScript\n:f({})'>", "x");
#elif CASE == 24  // a_place_in_a_url_follows_text_that_could_make_a_scheme
    res.html("<a href=\"{}&colon;/{}\">", "javascript", "alert(1)");
#elif CASE == 25  // a_place_in_a_url_follows_text_that_could_make_a_scheme
    res.html("<a href=\"javascript&#58;{}\">", "x");
#elif CASE == 26  // a_place_in_a_url_follows_a_scheme_that_runs
    res.html("<iframe src=\"data:text/html,{}\"></iframe>", "x");
#elif CASE == 14  // the_number_of_places_is_not_that_of_arguments
    res.html("<p>{}</p>");
#elif CASE == 15  // the_number_of_places_is_not_that_of_arguments
    res.html("<p>{}</p>", 1, 2);
#elif CASE == 16  // a_brace_is_neither_a_place_nor_doubled
    res.html("<p>{0}</p>", 1);
#elif CASE == 17  // markup_is_given_for_a_place_that_is_not_text
    res.html("<p title=\"{}\">", markup);
#elif CASE == 18  // the_format_ends_inside_a_tag_comment_script_or_style
    res.html("<p title=\"");
#elif CASE == 19  // the_format_ends_inside_a_tag_comment_script_or_style
    res.html("<script>");
#elif CASE == 20  // the_format_ends_inside_a_tag_comment_script_or_style
    res.html("<!-- ");
#endif
}
