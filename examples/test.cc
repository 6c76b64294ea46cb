// Everything about the request on one page, as Python's cgi.test() shows it. Such a page
// tells a lot about the server: take it off before the site goes public.
#include <cppcgi.h>

CPPCGI_HANDLER(test, req, res) { cppcgi::test(req, res); }
CPPCGI_MAIN(test)
