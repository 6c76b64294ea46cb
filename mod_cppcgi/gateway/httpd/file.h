// Files of a response as httpd's own handler for files treats them: type, encoding and tag
// by the configuration, and sent by sendfile or mmap where that is on.
#ifndef CPPCGI_GATEWAY_HTTPD_FILE_H
#define CPPCGI_GATEWAY_HTTPD_FILE_H

#include <cppcgi/abi.h>

#include <httpd.h>
#include <apr_file_io.h>

namespace cppcgi::httpd {

// Fills in what the configuration of the request's directory says of the file. Texts live
// as long as the request.
void describe_file(request_rec* r, cppcgi_file& file);

// The file behind a descriptor, opened anew for the request: two requests that share one
// also share its position. Null when that fails.
apr_file_t* open_again(request_rec* r, int descriptor);

}  // namespace cppcgi::httpd

#endif
