#include "core/form_reader.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/boundary.h"
#include "core/bounded_body.h"
#include "core/multipart.h"
#include "core/parameters.h"
#include "core/part_store.h"
#include "core/text_store.h"
#include "core/urlencoded.h"

namespace cppcgi::detail {
namespace {

// More than that is no bound that anybody means, and would overflow the records.
constexpr std::uint64_t most_fields = 1u << 31;
constexpr std::uint64_t most_text = 1u << 31;

std::uintptr_t address(const char* at) { return reinterpret_cast<std::uintptr_t>(at); }

constexpr std::string_view urlencoded_type = "application/x-www-form-urlencoded";

class FormReader {
public:
    FormReader(Form& form, const FormInput& input, const Limits& limits,
               const FormOptions& options, const scan::Kernels& kernels)
        : form_(form),
          input_(input),
          limits_(limits),
          options_(options),
          kernels_(kernels),
          body_(input, limits, options) {}

    Fault read();

private:
    // Takes the fields of one urlencoded text.
    struct Sink {
        Form& form;
        std::uint64_t max_memory;
        std::uintptr_t base;  // where the text is going to be, as far as that is known

        Fault field(const UrlencodedField& at) {
            FieldData& data = form.fields.add();
            data.form = &form;
            data.name = reinterpret_cast<const char*>(base + at.begin);
            data.value = reinterpret_cast<const char*>(base + at.value);
            data.name_size = static_cast<std::uint32_t>(at.equals - at.begin);
            data.value_size = at.end - at.value;
            data.is_ascii = true;
            return check_records(at.end);
        }

        // Records cannot be spooled: they are bounded as the heads of parts are, unless
        // the text they come from is as long as they are.
        Fault check_records(std::uint64_t text_size) const {
            const std::uint64_t size = form.fields.size() * sizeof(FieldRecord);
            if (size / Form::heads_factor <= max_memory || size / 3 <= text_size)
                [[likely]]
                return {};
            return {errc::max_memory, max_memory};
        }
    };
    using Parser = UrlencodedParser<Sink>;

    Fault read_options();
    Fault read_fields();
    Fault read_query();
    Fault read_urlencoded();
    Fault read_parts();
    Fault read_raw(std::string_view type);

    UrlencodedRules urlencoded_rules() const;
    // Runs the parser over slices up to an empty one; `next` returns Result<string_view>.
    template <class Next>
    Fault parse_urlencoded(Next next, std::uint64_t expected);
    static Fault feed(Parser& parser, TextStore& store, std::string_view slice);
    Fault set_texts(std::size_t first, std::uintptr_t moved, bool high);

    Fault check_texts() const;
    bool is_decodable(std::string_view bytes, Encoding encoding) const;

    Form& form_;
    const FormInput& input_;
    const Limits& limits_;
    const FormOptions& options_;
    const scan::Kernels& kernels_;
    BoundedBody body_;
    std::uint64_t counted_ = 0;  // fields of the query, dropped ones too
    std::uint64_t max_fields_ = 0;
    Fault too_many_;
};

// ---------------------------------------------------------------- urlencoded

UrlencodedRules FormReader::urlencoded_rules() const {
    UrlencodedRules rules;
    rules.separator = options_.separator;
    rules.keep_blank_values = options_.keep_blank_values;
    rules.strict_parsing = options_.strict_parsing;
    rules.max_pieces = max_fields_ - std::min(counted_, max_fields_);
    rules.too_many_pieces = too_many_;
    rules.max_field = std::min(limits_.max_field, most_text);
    return rules;
}

Fault FormReader::feed(Parser& parser, TextStore& store, std::string_view slice) {
    while (!slice.empty()) {
        const std::string_view piece = slice.substr(0, TextStore::most);
        slice.remove_prefix(piece.size());
        const Result<char*> room = store.room(piece.size());
        if (!room) return room.fault();
        if (Fault fault = store.wrote(parser.feed(piece, *room))) return fault;
        if (parser.fault()) return parser.fault();
    }
    return {};
}

// Copies what was only looked at.
Fault copy_to(TextStore& store, std::string_view text) {
    while (!text.empty()) {
        const std::string_view piece = text.substr(0, TextStore::most);
        text.remove_prefix(piece.size());
        const Result<char*> room = store.room(piece.size());
        if (!room) return room.fault();
        std::copy(piece.begin(), piece.end(), *room);
        if (Fault fault = store.wrote(piece.size())) return fault;
    }
    return {};
}

template <class Next>
Fault FormReader::parse_urlencoded(Next next, std::uint64_t expected) {
    const std::size_t first = form_.fields.size();
    Sink sink{form_, limits_.max_memory, 0};
    Parser parser(urlencoded_rules(), kernels_, sink);
    TextStore store(form_.arena, form_.spool, limits_.max_memory);
    Result<std::string_view> slice = next();
    if (slice) expected = std::max<std::uint64_t>(expected, slice->size());
    if (slice && input_.borrow && slice->size() < most_text / 2) {
        const std::string_view whole = *slice;
        sink.base = address(whole.data());
        const std::size_t viewed = parser.view(whole);
        slice = parser.fault() || viewed < whole.size() ? whole.substr(viewed) : next();
        if (parser.fault() || (slice && slice->empty())) {
            char none[Parser::slack];
            parser.finish(none);
            counted_ += parser.pieces();
            const Fault fault = set_texts(first, 0, parser.high());
            return parser.fault() ? parser.fault() : fault;
        }
        if (slice) store.expect(expected);
        if (Fault fault = copy_to(store, whole.substr(0, viewed))) {
            form_.fields.shrink(first);
            return fault;
        }
    } else if (slice) {
        store.expect(expected);
        sink.base = address(store.memory());
    }
    Fault fault;
    for (; slice && !slice->empty() && !fault; slice = next()) {
        fault = feed(parser, store, *slice);
    }
    if (!fault) fault = slice.fault();
    if (!fault) {
        const Result<char*> room = store.room(0);
        fault = room ? store.wrote(parser.finish(*room)) : room.fault();
        if (!fault) fault = parser.fault();
    }
    counted_ += parser.pieces();
    const Result<const char*> base = store.text();
    if (!base) {
        form_.fields.shrink(first);
        return fault ? fault : base.fault();
    }
    const Fault undecodable =
        set_texts(first, address(*base) - sink.base, parser.high());
    return fault ? fault : undecodable;
}

// Corrects the fields where the text has moved, and decodes their names.
Fault FormReader::set_texts(std::size_t first, std::uintptr_t moved, bool high) {
    const bool is_ascii = !high && form_.encoding != Encoding::utf16le &&
                          form_.encoding != Encoding::utf16be;
    if (moved == 0 && is_ascii) return {};
    for (std::size_t i = first; i < form_.fields.size(); ++i) {
        FieldData& data = form_.fields[i].data;
        data.name = reinterpret_cast<const char*>(address(data.name) + moved);
        data.value = reinterpret_cast<const char*>(address(data.value) + moved);
        data.is_ascii = is_ascii;
        if (is_ascii) continue;
        const std::string_view name(data.name, data.name_size);
        if (form_.on_error == OnError::strict && !is_decodable(name, form_.encoding)) {
            // This field and those behind it have no text yet, and never will.
            form_.fields.shrink(i);
            return {errc::undecodable, 0};
        }
        const std::string_view text = form_.text_of(name);
        data.name = text.empty() ? "" : text.data();
        data.name_size = static_cast<std::uint32_t>(text.size());
    }
    return {};
}

Fault FormReader::read_query() {
    if (input_.query_string.empty()) return {};
    std::string_view rest = input_.query_string;
    const auto next = [&rest]() -> Result<std::string_view> {
        return std::exchange(rest, std::string_view());
    };
    return parse_urlencoded(next, rest.size());
}

Fault FormReader::read_urlencoded() {
    const auto next = [this] { return body_.next(); };
    if (Fault fault = parse_urlencoded(next, body_.length().value_or(0))) return fault;
    return read_query();
}

// ---------------------------------------------------------------- parts

Fault FormReader::read_parts() {
    Result<Boundary> boundary = boundary_of(*input_.content_type);
    if (!boundary) return boundary.fault();
    if (Fault fault = read_query()) return fault;
    MultipartRules rules;
    rules.max_part_header = limits_.max_part_header;
    rules.max_nesting = limits_.max_nesting;
    rules.max_parts = max_fields_ - std::min(counted_, max_fields_);
    rules.too_many_parts = too_many_;
    MultipartParser parser(*std::move(boundary), rules, kernels_);
    PartStore store(form_, limits_, input_.borrow);
    Fault fault;
    for (;;) {
        using Event = MultipartParser::Event;
        switch (parser.next()) {
            case Event::need_input: {
                fault = store.keep_slices();
                if (fault) break;
                const Result<std::string_view> slice = body_.next();
                if (!slice) {
                    fault = slice.fault();
                } else if (slice->empty()) {
                    parser.finish();
                } else {
                    parser.feed(*slice);
                }
                break;
            }
            case Event::head:
                fault = store.begin(parser.head(), parser.depth());
                break;
            case Event::data:
                fault = store.append(parser.data(), parser.data_is_input());
                break;
            case Event::part_end:
                fault = store.end(parser.done(), parser.depth());
                break;
            case Event::end:
                return {};
            case Event::fault:
                fault = parser.fault();
                break;
        }
        if (fault) {
            store.cut_off();
            return fault;
        }
    }
}

// A body that is no form: one field without a name, and no fields of the query.
Fault FormReader::read_raw(std::string_view type) {
    PartStore store(form_, limits_, input_.borrow);
    if (Fault fault =
            store.begin_raw(input_.content_type ? std::optional(type) : std::nullopt)) {
        return fault;
    }
    for (;;) {
        const Result<std::string_view> slice = body_.next();
        if (!slice) {
            store.cut_off();
            return slice.fault();
        }
        if (slice->empty()) return store.end(0, 0);
        Fault fault = store.append(*slice, true);
        if (!fault) fault = store.keep_slices();
        if (fault) {
            store.cut_off();
            return fault;
        }
    }
}

// ---------------------------------------------------------------- the whole

bool FormReader::is_decodable(std::string_view bytes, Encoding encoding) const {
    std::string text;
    return is_text_already(bytes, encoding) ||
           decode(bytes, encoding, OnError::strict, text);
}

// errors="strict" fails for what is handed out as text, and for nothing else.
Fault FormReader::check_texts() const {
    const Fault wrong{errc::undecodable, 0};
    const auto check = [&](const auto& self, const FieldRecord* fields,
                           std::size_t count) -> Fault {
        for (const FieldRecord* field = fields; field != fields + count; ++field) {
            const FieldData& data = field->data;
            const PartDetails* details = data.details;
            if (details != nullptr && details->list_size != 0) {
                if (Fault fault = self(self, details->list, details->list_size))
                    return fault;
            }
            // Names and file names were checked when they were decoded.
            const bool is_file = details != nullptr && details->has_filename;
            if (is_file || data.is_ascii || data.kind == FieldKind::raw) continue;
            if (!is_decodable(form_.value_of(*field), form_.encoding)) return wrong;
        }
        return {};
    };
    return check(check, form_.fields.data(), form_.fields.size());
}

Fault FormReader::read_options() {
    const auto encoding = encoding_named(options_.encoding);
    if (!encoding) return {errc::unknown_encoding, 0};
    const auto on_error = on_error_named(options_.errors);
    if (!on_error) return {errc::unknown_errors, 0};
    if (!is_separator(options_.separator)) return {errc::unusable_separator, 0};
    form_.encoding = *encoding;
    form_.on_error = *on_error;
    const bool wide = *encoding == Encoding::utf16le || *encoding == Encoding::utf16be;
    form_.head_encoding = wide ? Encoding::utf8 : *encoding;
    max_fields_ = std::min(limits_.max_fields, most_fields);
    too_many_ = {errc::max_fields, limits_.max_fields};
    if (options_.max_num_fields && *options_.max_num_fields < max_fields_) {
        max_fields_ = *options_.max_num_fields;
        too_many_ = {errc::max_num_fields, max_fields_};
    }
    return {};
}

Fault FormReader::read() {
    if (Fault fault = read_options()) return fault;
    if (Fault fault = read_fields()) return fault;
    return form_.on_error == OnError::strict ? check_texts() : Fault{};
}

Fault FormReader::read_fields() {
    if (equals_nocase(input_.method, "GET") || equals_nocase(input_.method, "HEAD")) {
        return read_query();
    }
    // As Python: a POST that does not say is a form, other methods carry text.
    const std::string_view absent =
        equals_nocase(input_.method, "POST") ? urlencoded_type : "text/plain";
    const std::string_view type = input_.content_type.value_or(absent);
    if (type == urlencoded_type) return read_urlencoded();
    const std::string_view media = ParameterReader(type).main();
    if (equals_nocase(media, urlencoded_type)) return read_urlencoded();
    if (is_multipart(media)) return read_parts();
    return read_raw(type);
}

}  // namespace

std::shared_ptr<Form> read_form(const FormInput& input, const Limits& limits,
                                const FormOptions& options,
                                const scan::Kernels& kernels) {
    auto form = std::make_shared<Form>();
    form->spool.use(limits.spool_dir);
    FormReader reader(*form, input, limits, options, kernels);
    form->fault = reader.read();
    return form;
}

}  // namespace cppcgi::detail
