#include "core/output.h"

#include <cppcgi/error.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <strings.h>
#include <utility>

namespace cppcgi::detail {

namespace {

constexpr std::string_view default_content_type = "text/html; charset=utf-8";

bool same_name(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool same_name(const cppcgi_text& a, std::string_view b) noexcept {
    return same_name(std::string_view{a.data, a.size}, b);
}

}  // namespace

// A std::ostream over write(): made only for handlers that ask for one, since building an
// ostream takes a locale.
struct Output::Stream final : std::streambuf {
    explicit Stream(Output& output) : output_(output), stream(this) {}

    std::streamsize xsputn(const char* text, std::streamsize size) override {
        output_.write({text, static_cast<std::size_t>(size)});
        return size;
    }
    int_type overflow(int_type character) override {
        if (traits_type::eq_int_type(character, traits_type::eof())) return 0;
        const char byte = traits_type::to_char_type(character);
        output_.write({&byte, 1});
        return character;
    }
    int sync() override {
        output_.flush();
        return 0;
    }

    Output& output_;
    std::ostream stream;
};

Output::Output(const cppcgi_gateway* gateway, void* call) noexcept
    : gateway_(gateway), call_(call) {
    headers_.reserve(6);
}

Output::~Output() = default;

void Output::check_open() const {
    if (is_settled())
        throw std::logic_error("the response's head has been sent already");
}

void Output::status(int code, std::string_view reason) {
    check_open();
    status_ = code;
    reason_ = head_arena_.copy(reason);
}

std::optional<std::string_view> Output::header(std::string_view name) const noexcept {
    for (const cppcgi_pair& field : headers_)
        if (same_name(field.name, name))
            return std::string_view(field.value.data, field.value.size);
    return {};
}

void Output::set_header(std::string_view name, std::string_view value) {
    check_open();
    if (!same_name(name, "Set-Cookie"))
        std::erase_if(headers_,
                      [&](const auto& pair) { return same_name(pair.name, name); });
    add_header(name, value);
}

void Output::add_header(std::string_view name, std::string_view value) {
    check_open();
    has_content_type_ = has_content_type_ || same_name(name, "Content-Type");
    const std::string_view kept_name = head_arena_.copy(name),
                           kept_value = head_arena_.copy(value);
    headers_.push_back(
        {{kept_name.data(), kept_name.size()}, {kept_value.data(), kept_value.size()}});
}

void Output::write(std::string_view bytes) {
    if (bytes.empty()) return;  // its data() may be null, which memcpy does not take
    if (file_) send_pending_file(0);
    if (bytes.size() <= sizeof buffer_ - used_) {
        std::memcpy(buffer_ + used_, bytes.data(), bytes.size());
        used_ += bytes.size();
        return;
    }
    send({buffer_, used_}, 0);
    used_ = 0;
    if (bytes.size() >= sizeof buffer_) return send(bytes, 0);
    std::memcpy(buffer_, bytes.data(), bytes.size());
    used_ = bytes.size();
}

void Output::flush() {
    if (file_) return send_pending_file(CPPCGI_WRITE_FLUSH);
    send({buffer_, used_}, CPPCGI_WRITE_FLUSH);
    used_ = 0;
}

void Output::send_file(Descriptor file, std::uint64_t offset, std::uint64_t length) {
    if (file_) send_pending_file(0);
    if (used_ != 0) send({buffer_, used_}, 0);
    used_ = 0;
    if (length == 0) return;
    file_ = std::move(file);
    file_offset_ = offset;
    file_length_ = length;
}

void Output::send_pending_file(unsigned flags) {
    const Descriptor file = std::move(file_);
    if (closed_) return;
    if (!head_sent_) send_head();
    if (client_gone_) return;
    client_gone_ = gateway_->send_file(call_, file.number(), file_offset_, file_length_,
                                       flags) != 0;
}

std::ostream& Output::stream() {
    if (!stream_) stream_ = std::make_unique<Stream>(*this);
    return stream_->stream;
}

void Output::finish() {
    if (file_) return send_pending_file(CPPCGI_WRITE_END);
    send({buffer_, used_}, CPPCGI_WRITE_END);
    used_ = 0;
}

void Output::close() noexcept {
    used_ = 0;
    file_ = Descriptor();
    closed_ = true;
}

void Output::send_head() {
    const bool may_have_body = status_ != 204 && status_ != 304;
    if (!has_content_type_ && may_have_body)
        add_header("Content-Type", default_content_type);
    const cppcgi_head head = {sizeof head,
                              status_,
                              {reason_.data(), reason_.size()},
                              headers_.data(),
                              headers_.size()};
    if (gateway_->head(call_, &head) != 0) throw HeadRefused{};
    head_sent_ = true;
}

void Output::send(std::string_view bytes, unsigned flags) {
    if (closed_) return;
    if (!head_sent_) send_head();
    // A handler need not look whether its client is still there: the rest is dropped.
    if (client_gone_ || (bytes.empty() && flags == 0)) return;
    client_gone_ = gateway_->write(call_, {bytes.data(), bytes.size()}, flags) != 0;
}

}  // namespace cppcgi::detail
