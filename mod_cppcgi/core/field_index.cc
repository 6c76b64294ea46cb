#include "core/field_index.h"

#include <sys/auxv.h>

#include <bit>
#include <cstring>

#include "core/form.h"

namespace cppcgi::detail {
namespace {

std::uint64_t load(const char* from, std::size_t size) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, size);
    return word;
}

// SipHash-1-3 (Aumasson, Bernstein): what fields are called is the client's choice, and
// 100,000 names with one hash must not cost more than others.
std::uint64_t siphash(const std::uint64_t (&key)[2], std::string_view bytes) {
    std::uint64_t a = key[0] ^ 0x736f6d6570736575u;
    std::uint64_t b = key[1] ^ 0x646f72616e646f6du;
    std::uint64_t c = key[0] ^ 0x6c7967656e657261u;
    std::uint64_t d = key[1] ^ 0x7465646279746573u;
    const auto round = [&] {
        a += b;
        c += d;
        b = std::rotl(b, 13) ^ a;
        d = std::rotl(d, 16) ^ c;
        a = std::rotl(a, 32) + d;
        c += b;
        b = std::rotl(b, 17) ^ c;
        d = std::rotl(d, 21) ^ a;
        c = std::rotl(c, 32);
    };
    const std::size_t size = bytes.size();
    while (bytes.size() >= 8) {
        const std::uint64_t word = load(bytes.data(), 8);
        d ^= word;
        round();
        a ^= word;
        bytes.remove_prefix(8);
    }
    const std::uint64_t tail =
        load(bytes.data(), bytes.size()) | static_cast<std::uint64_t>(size) << 56;
    d ^= tail;
    round();
    a ^= tail;
    c ^= 0xff;
    round();
    round();
    round();
    return a ^ b ^ c ^ d;
}

}  // namespace

FieldIndex::Slot& FieldIndex::slot(const FieldRecord* fields, std::string_view name) {
    std::size_t i = siphash(key_, name) & mask_;
    while (slots_[i].first != 0 && fields[slots_[i].first - 1].name() != name) {
        i = (i + 1) & mask_;
    }
    return slots_[i];
}

void FieldIndex::build(const FieldRecord* fields, std::size_t count) {
    // The kernel's 16 random bytes for this process, and where this form happens to be.
    if (const auto* random = reinterpret_cast<const char*>(getauxval(AT_RANDOM))) {
        std::memcpy(key_, random, sizeof key_);
    }
    key_[0] ^= reinterpret_cast<std::uintptr_t>(this);
    const std::size_t size = std::bit_ceil(count * 2);
    slots_ = std::make_unique<Slot[]>(size);
    mask_ = size - 1;
    for (std::size_t i = 0; i < count; ++i) {
        if (!fields[i].data.has_name()) continue;
        Slot& at = slot(fields, fields[i].name());
        const auto number = static_cast<std::uint32_t>(i + 1);
        if (at.first == 0) {
            at.first = number;
        } else {
            fields[at.last - 1].data.next_of_name = number;
        }
        at.last = number;
    }
}

const FieldRecord* FieldIndex::find(const FieldRecord* fields, std::size_t count,
                                    std::string_view name) {
    if (count <= few) {
        for (std::size_t i = 0; i < count; ++i) {
            if (fields[i].data.has_name() && fields[i].name() == name)
                return fields + i;
        }
        return nullptr;
    }
    if (!slots_) build(fields, count);
    const Slot& at = slot(fields, name);
    return at.first == 0 ? nullptr : fields + (at.first - 1);
}

const FieldRecord* FieldIndex::next(const FieldRecord* fields, std::size_t count,
                                    const FieldRecord& field) {
    if (count <= few) {
        for (const FieldRecord* at = &field + 1; at != fields + count; ++at) {
            if (at->data.has_name() && at->name() == field.name()) return at;
        }
        return nullptr;
    }
    if (!slots_) build(fields, count);
    const std::uint32_t number = field.data.next_of_name;
    return number == 0 ? nullptr : fields + (number - 1);
}

bool FieldIndex::is_first(const FieldRecord* fields, std::size_t count,
                          const FieldRecord& field) {
    return field.data.has_name() && find(fields, count, field.name()) == &field;
}

}  // namespace cppcgi::detail
