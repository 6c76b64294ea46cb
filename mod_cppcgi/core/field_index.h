// Finds fields by name: by looking at each while they are few, else through a hash table
// with a key that clients cannot know. Made when first asked. Owned by a form.
#ifndef CPPCGI_CORE_FIELD_INDEX_H
#define CPPCGI_CORE_FIELD_INDEX_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace cppcgi::detail {

struct FieldRecord;

class FieldIndex {
public:
    // The first field of that name, or nullptr. `fields` is the same in every call.
    const FieldRecord* find(const FieldRecord* fields, std::size_t count,
                            std::string_view name);
    // The next field of the same name as `field`.
    const FieldRecord* next(const FieldRecord* fields, std::size_t count,
                            const FieldRecord& field);
    // Whether no field before it has its name.
    bool is_first(const FieldRecord* fields, std::size_t count,
                  const FieldRecord& field);

private:
    static constexpr std::size_t few = 16;

    struct Slot {
        std::uint32_t first = 0;  // index + 1; 0: empty
        std::uint32_t last = 0;
    };

    void build(const FieldRecord* fields, std::size_t count);
    Slot& slot(const FieldRecord* fields, std::string_view name);

    std::unique_ptr<Slot[]> slots_;
    std::size_t mask_ = 0;
    std::uint64_t key_[2] = {};
};

}  // namespace cppcgi::detail

#endif
