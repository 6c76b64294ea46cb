// The workloads of BASELINES for forms, made by rule so that every run has the same
// bytes.
#ifndef CPPCGI_T_BENCH_FORM_WORKLOADS_H
#define CPPCGI_T_BENCH_FORM_WORKLOADS_H

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace cppcgi_bench {

constexpr std::string_view boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW1";

inline std::string words(std::mt19937& random, std::size_t size) {
    std::string text;
    while (text.size() < size) text += static_cast<char>('a' + random() % 26);
    return text;
}

inline std::string escaped(std::mt19937& random) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    return {'%', digits[2 + random() % 6], digits[random() % 16]};
}

// U1: a form as a browser sends it, 300 bytes, 12 fields, a few escapes.
inline std::string small_urlencoded() {
    std::mt19937 random(1);
    std::string form;
    for (int field = 0; field < 12; ++field) {
        if (field != 0) form += '&';
        form += words(random, 5 + random() % 5) + '=' + words(random, 6);
        if (field % 3 == 0) form += '+' + words(random, 4);
        if (field % 4 == 1) form += "%40" + words(random, 5) + "%2F";
        form += words(random, 3);
    }
    while (form.size() < 300) form += 'x';
    return form;
}

// U2: 1 MB in 500 fields, half of its bytes in escapes.
inline std::string escaped_urlencoded() {
    std::mt19937 random(2);
    std::string form;
    while (form.size() < 1u << 20) {
        form += words(random, 8) + '=';
        const std::size_t end = form.size() + 2090;
        while (form.size() < end) {
            if (random() % 4 == 0) {
                form += escaped(random);
            } else {
                form += static_cast<char>('a' + random() % 26);
            }
        }
        form += '&';
    }
    return form;
}

// U3: 1 MB, two fields, nothing to decode.
inline std::string plain_urlencoded() {
    std::mt19937 random(3);
    return "first=" + words(random, 1u << 19) + "&second=" + words(random, 1u << 19);
}

inline std::string part_head(std::string_view name, std::string_view more = {}) {
    std::string head = "--";
    head += boundary;
    head += "\r\nContent-Disposition: form-data; name=\"";
    head += name;
    head += '"';
    head += more;
    head += "\r\n\r\n";
    return head;
}

inline std::string closing() { return "\r\n--" + std::string(boundary) + "--\r\n"; }

inline std::string binary(std::mt19937& random, std::size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

// M2: 10,000 fields of 20 bytes.
inline std::string many_parts() {
    std::mt19937 random(4);
    std::string body;
    for (int field = 0; field < 10000; ++field) {
        if (field != 0) body += "\r\n";
        body += part_head("field" + std::to_string(field)) + words(random, 20);
    }
    return body + closing();
}

// M4: five fields and a file of 40 KB.
inline std::string browser_form() {
    std::mt19937 random(5);
    std::string body;
    for (const char* name : {"first_name", "last_name", "mail", "subject", "text"}) {
        body += part_head(name) + words(random, 24) + "\r\n";
    }
    body +=
        part_head("upload", "; filename=\"picture.jpg\"\r\nContent-Type: image/jpeg");
    return body + binary(random, 40000) + closing();
}

struct Adversary {
    const char* name;
    std::string boundary;
    std::string pattern;  // repeated as the value of one part
};

// M3: what makes searches for a delimiter slow.
inline std::vector<Adversary> adversaries() {
    const std::string usual(boundary);
    std::string other = usual;
    other[usual.size() / 2] = '!';
    return {
        {"near_miss_at_the_end", usual,
         "\r\n--" + usual.substr(0, usual.size() - 1) + "!"},
        {"near_miss_in_the_middle", usual, "\r\n--" + other},
        {"near_miss_behind", usual, "\r\n--" + usual + "x"},
        {"near_miss_lf", usual, "\n--" + usual + "x"},
        {"all_crlf", usual, "\r\n"},
        {"all_cr", usual, "\r"},
        {"all_lf", usual, "\n"},
        {"all_dashes", usual, "-"},
        {"lf_and_dashes", usual, "\n--"},
        {"lf_and_last", usual, std::string("\n") + usual.back()},
        {"one_letter", "a", "a"},
        {"one_letter_near_miss", "a", "\r\n--ab"},
        {"one_letter_near_miss_lf", "a", "\n--aa"},
        {"one_dash", "-", "\n--"},
        {"dashes_boundary", std::string(40, '-'), "\n" + std::string(40, '-') + "\n-"},
    };
}

}  // namespace cppcgi_bench

#endif
