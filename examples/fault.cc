// Fails three calls deep, so that you can see what an error report looks like:
// CppCGIErrorReport browser shows this page's stack with these lines, its request, and
// nothing of the password.
#include <cppcgi.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cgi = cppcgi;

namespace {

int weigh(std::string_view dish) {
    const std::vector<int> grams = {250, 400};
    return grams.at(dish == "soup" ? 0 : 2);  // there is no third dish
}

int price(std::string_view dish) { return weigh(dish) / 50; }

int bill(std::string_view dish, int persons) {
    try {
        return price(dish) * persons;
    } catch (const std::out_of_range&) {
        std::throw_with_nested(std::runtime_error("no bill for " + std::string(dish)));
    }
}

}  // namespace

CPPCGI_HANDLER(fault, req, res) {
    const cgi::FieldStorage form(req);
    const std::string_view dish = form.getfirst("dish", "cake");
    res.html(
        "<!DOCTYPE html>\n<title>Bill</title>\n<p>Half of this page is written.\n");
    // "nested" shows both exceptions, and the place of the outer one.
    const int sum = form.contains("nested") ? bill(dish, 2) : price(dish);
    res.html("<p>That makes {}. <a href=\"?dish=cake&amp;password=xyzzy\">Cake?</a>\n",
             sum);
}
CPPCGI_MAIN(fault)
