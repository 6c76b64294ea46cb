// The smallest handler: a page.
#include <cppcgi.h>

CPPCGI_HANDLER(hello, req, res) {
    res.content_type("text/html; charset=utf-8");
    res << "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Hello</title></head>"
           "<body><h1>Hello, world</h1></body></html>\n";
}
CPPCGI_MAIN(hello)
