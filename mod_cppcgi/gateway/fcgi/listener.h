// The socket that a FastCGI worker takes connections from: inherited as descriptor 0
// (spawn-fcgi, mod_fcgid) or by systemd's socket activation, or opened for --listen.
#ifndef CPPCGI_GATEWAY_FCGI_LISTENER_H
#define CPPCGI_GATEWAY_FCGI_LISTENER_H

#include <string>

namespace cppcgi::program {

// -1 when the process was started without one.
int inherited_listener();

class Listener {
public:
    // Takes over a socket that somebody else has opened, and leaves it open.
    explicit Listener(int descriptor) noexcept : descriptor_(descriptor) {}
    // Opens "unix:PATH" or "HOST:PORT" ("[::1]:9000"). A socket file that nobody listens
    // on any more is replaced. Throws std::runtime_error with a sentence.
    explicit Listener(const std::string& address);
    // Closes what it opened, and removes the socket's file in the process that made it.
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    int descriptor() const noexcept { return descriptor_; }

private:
    void open_unix(const std::string& path);
    void open_tcp(const std::string& host, const std::string& port);

    int descriptor_ = -1;
    std::string path_;
    int owner_ = 0;  // process that made the file
};

}  // namespace cppcgi::program

#endif
