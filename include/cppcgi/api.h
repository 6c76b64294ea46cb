// Marks what libcppcgi.so exports; everything else in it is hidden.
#ifndef CPPCGI_API_H
#define CPPCGI_API_H

#define CPPCGI_API __attribute__((visibility("default")))

#endif
