// Answers in JSON what it was given: method, environment, cookies, fields, error. Tests of
// every gateway go through it. Three request headers ask for more:
//   X-Form-Option: keep_blank_values=1; encoding=latin-1    arguments of FieldStorage
//   X-Inspect-Parse-Header: BASE64    of a header value to split
//   X-Inspect-Set-Cookie: BASE64      of {"name", "value", "attributes"}, a cookie to write
#include <cppcgi.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <istream>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <string>
#include <string_view>
#include <vector>
namespace cgi = cppcgi;
using Json = nlohmann::ordered_json;

namespace {

// Longer values are told by size and digest only.
constexpr std::uint64_t max_shown = 65536;

std::string encode_base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // libcrypto adds a NUL
    const int size = EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(text.data()),
        reinterpret_cast<const unsigned char*>(bytes.data()), int(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::string decode_base64(std::string_view text) {
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    const int size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(bytes.data()),
        reinterpret_cast<const unsigned char*>(text.data()), int(text.size()));
    if (size < 0) throw cgi::Error(400, "no base64: " + std::string(text));
    bytes.resize(static_cast<std::size_t>(size));
    // What fills the last group up counts as three bytes.
    for (; text.ends_with('='); text.remove_suffix(1)) bytes.pop_back();
    return bytes;
}

std::string sha256(std::istream& bytes) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
    std::vector<char> block(65536);
    while (bytes.read(block.data(), std::streamsize(block.size())) ||
           bytes.gcount() > 0)
        EVP_DigestUpdate(context, block.data(),
                         static_cast<std::size_t>(bytes.gcount()));
    EVP_DigestFinal_ex(context, digest, &size);
    EVP_MD_CTX_free(context);
    std::string hex;
    for (unsigned i = 0; i < size; ++i)
        for (int nibble : {digest[i] >> 4, digest[i] & 15})
            hex += "0123456789abcdef"[nibble];
    return hex;
}

// Whether bytes are text in an encoding: decoded as a query, with an Error for any fault.
bool decodes(std::string_view bytes, std::string_view encoding) {
    try {
        const auto pairs = cgi::parse_qsl(
            "x=" + cgi::quote(bytes),
            {.keep_blank_values = true, .encoding = encoding, .errors = "strict"});
        return pairs.size() == 1;
    } catch (const cgi::Error&) {
        return false;
    }
}

// A file, or a body that is no form, need not be text at all.
bool has_text(const cgi::Field& field, std::string_view encoding) {
    if (!field.filename() && field.has_name()) return true;
    return field.size() <= max_shown && decodes(field.value(), encoding);
}

Json to_object(const cgi::NameValueView& pairs) {
    Json object = Json::object();
    for (const auto& [name, value] : pairs) {
        Json& member = object[std::string(name)];
        if (member.is_null()) member = value;  // the first of a name counts
    }
    return object;
}

Json to_list(const cgi::FieldRange& fields, std::string_view encoding);

Json to_json(const cgi::Field& field, std::string_view encoding) {
    const bool nested = field.has_list();
    const bool text = !nested && has_text(field, encoding);
    const bool shown = !nested && field.size() <= max_shown;
    Json json;
    json["name"] = field.has_name() ? Json(field.name()) : Json();
    json["value"] = text ? Json(field.text()) : Json();
    json["value_base64"] = shown ? Json(encode_base64(field.value())) : Json();
    json["filename"] = field.filename() ? Json(*field.filename()) : Json();
    json["type"] = field.has_type() ? Json(field.type()) : Json();
    json["type_options"] = to_object(field.type_options());
    json["disposition"] = field.has_disposition() ? Json(field.disposition()) : Json();
    json["headers"] = to_object(field.headers());
    json["size"] = nested ? Json() : Json(field.size());
    json["sha256"] = nested ? Json() : Json(sha256(field.file()));
    json["done"] = field.done();
    json["list"] = nested ? to_list(field.list(), encoding) : Json();
    return json;
}

Json to_list(const cgi::FieldRange& fields, std::string_view encoding) {
    Json list = Json::array();
    for (const cgi::Field& field : fields) list.push_back(to_json(field, encoding));
    return list;
}

Json to_json(const cgi::Error& error) {
    return {{"kind", cgi::kind(error.code())}, {"message", error.what()}};
}

[[noreturn]] void refuse_option(const std::string& name, const std::string& value) {
    // Of its kind, "bad_option", any cause does.
    throw cgi::Error(cgi::errc::unusable_separator, name + " cannot be " + value);
}

std::uint64_t to_number(const std::string& name, const std::string& text) {
    std::uint64_t number = 0;
    const char* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc() || end != last) refuse_option(name, text);
    return number;
}

// The texts of the options are those of the header, which has to outlive them.
cgi::FormOptions form_options(const cgi::Parameters& given) {
    cgi::FormOptions options;
    for (const auto& [name, value] : given) {
        if (name == "keep_blank_values")
            options.keep_blank_values = to_number(name, value) != 0;
        else if (name == "strict_parsing")
            options.strict_parsing = to_number(name, value) != 0;
        else if (name == "max_num_fields")
            options.max_num_fields = to_number(name, value);
        else if (name == "limit")
            options.limit = to_number(name, value);
        else if (name == "maxlen")
            options.maxlen = to_number(name, value);
        else if (name == "encoding")
            options.encoding = value;
        else if (name == "errors")
            options.errors = value;
        else if (name == "separator" && value.size() == 1)
            options.separator = value[0];
        else
            refuse_option(name, value);
    }
    return options;
}

void read_form(cgi::Request& req, Json& answer) {
    const auto header = cgi::parse_header(
        "options; " + std::string(req.header("X-Form-Option").value_or("")));
    const auto options = form_options(header.params);
    // Not req.form(), which throws what was read before the fault away.
    const auto form = cgi::FieldStorage::read(req.form_input(), req.limits(), options);
    answer["fields"] = to_list(form.fields(), options.encoding);
    if (form.fault()) answer["error"] = to_json(cgi::Error(form.fault()));
}

Json split_header(std::string_view value) {
    const cgi::ParsedHeader header = cgi::parse_header(value);
    Json params = Json::array();
    for (const auto& [name, text] : header.params) params.push_back({name, text});
    return {{"value", header.value}, {"params", params}};
}

std::string to_text(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_null() || value == 0 || value == false) return "";
    return value.dump();
}

// Names and values of attributes as Python's http.cookies has them.
std::string write_cookie(const Json& given) {
    cgi::Cookie cookie(given.at("name").get<std::string>(),
                       given.at("value").get<std::string>());
    const Json attributes = given.value("attributes", Json::object());
    for (const auto& [name, value] : attributes.items()) {
        const std::string text = to_text(value);
        if (name == "path") cookie.path(text);
        if (name == "domain") cookie.domain(text);
        if (name == "expires") cookie.expires(text);
        if (name == "samesite") cookie.samesite(text);
        if (name == "comment") cookie.comment(text);
        if (name == "version") cookie.version(text);
        if (name == "secure") cookie.secure(!text.empty());
        if (name == "httponly") cookie.httponly(!text.empty());
        if (name == "partitioned") cookie.partitioned(!text.empty());
        if (name == "max-age" && value.is_number())
            cookie.max_age(std::chrono::seconds(value.get<std::int64_t>()));
    }
    return cookie.to_string();
}

}  // namespace

CPPCGI_HANDLER(inspect, req, res) {
    Json answer = {{"method", req.method()},
                   {"environ", Json::object()},
                   {"cookies", Json::array()},
                   {"fields", Json::array()},
                   {"error", nullptr}};
    for (const auto& [name, value] : req.environ())
        answer["environ"][std::string(name)] = value;
    for (const auto& [name, value] : req.cookies())
        answer["cookies"].push_back({{"name", name}, {"value", value}});
    try {
        read_form(req, answer);
        if (auto header = req.header("X-Inspect-Parse-Header"))
            answer["parse_header"] = split_header(decode_base64(*header));
        if (auto cookie = req.header("X-Inspect-Set-Cookie")) {
            answer["set_cookie"] = nullptr;
            answer["set_cookie"] = write_cookie(Json::parse(decode_base64(*cookie)));
        }
    } catch (const cgi::Error& error) {
        answer["error"] = to_json(error);
    } catch (const Json::exception& error) {
        answer["error"] = {{"kind", "bad_cookie"}, {"message", error.what()}};
    }
    res.content_type("application/json");
    // Names and values may be any bytes: what is no UTF-8 shows as U+FFFD.
    res << answer.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
}
CPPCGI_MAIN(inspect)
