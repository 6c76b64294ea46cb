#include <cppcgi/parts.h>

#include <utility>

#include "core/boundary.h"
#include "core/bounded_body.h"
#include "core/decode.h"
#include "core/form.h"
#include "core/multipart.h"
#include "core/parameters.h"
#include "core/part_store.h"
#include "core/safe_filename.h"

namespace cppcgi {
namespace {

using detail::FieldData;
using detail::FieldRecord;
using detail::Form;
using Event = detail::MultipartParser::Event;

// A part's head is a field without a value, in a form of its own.
struct PartRecord final : Part {
    std::unique_ptr<Form> form;
    unsigned depth = 0;
    bool is_multipart = false;

    const Field& field() const { return form->fields[0]; }
};

const PartRecord& record_of(const Part& part) {
    return static_cast<const PartRecord&>(part);
}

}  // namespace

std::string_view Part::name() const noexcept { return record_of(*this).field().name(); }
bool Part::has_name() const noexcept { return record_of(*this).field().has_name(); }
std::optional<std::string_view> Part::filename() const noexcept {
    return record_of(*this).field().filename();
}
std::string Part::safe_filename() const {
    return record_of(*this).field().safe_filename();
}
std::string_view Part::type() const { return record_of(*this).field().type(); }
NameValueView Part::type_options() const {
    return record_of(*this).field().type_options();
}
std::string_view Part::disposition() const {
    return record_of(*this).field().disposition();
}
NameValueView Part::disposition_options() const {
    return record_of(*this).field().disposition_options();
}
NameValueView Part::headers() const { return record_of(*this).field().headers(); }
unsigned Part::depth() const noexcept { return record_of(*this).depth; }
bool Part::is_multipart() const noexcept { return record_of(*this).is_multipart; }

struct PartReader::State {
    State(const FormInput& input, const Limits& limits_given,
          const FormOptions& options)
        : limits(limits_given), body(input, limits, options), encoding(Encoding::utf8) {
        const auto named = detail::encoding_named(options.encoding);
        if (!named) throw Error(errc::unknown_encoding);
        const auto handler = detail::on_error_named(options.errors);
        if (!handler) throw Error(errc::unknown_errors);
        encoding = *named;
        on_error = *handler;
        limits.max_memory = UINT64_MAX;  // one head at a time
        open(input, options);
    }

    using Encoding = detail::Encoding;

    void open(const FormInput& input, const FormOptions& options);
    void take_head();
    // The next event that is not need_input.
    Event advance();
    void count(std::size_t bytes);

    Limits limits;
    detail::BoundedBody body;
    Encoding encoding;
    detail::OnError on_error = detail::OnError::replace;
    std::optional<detail::MultipartParser> parser;
    PartRecord part;
    bool is_file = false;
    bool in_part = false;  // whether data of the current part may come
    bool ended = false;
    int done = 0;
    std::uint64_t size = 0;
};

void PartReader::State::open(const FormInput& input, const FormOptions& options) {
    const std::string_view type = input.content_type.value_or(std::string_view());
    if (!detail::is_multipart(detail::ParameterReader(type).main())) {
        throw Error(errc::boundary_missing);
    }
    detail::MultipartRules rules;
    rules.max_part_header = limits.max_part_header;
    rules.max_nesting = limits.max_nesting;
    rules.max_parts = limits.max_fields;
    rules.too_many_parts = {errc::max_fields, limits.max_fields};
    if (options.max_num_fields && *options.max_num_fields < rules.max_parts) {
        rules.max_parts = *options.max_num_fields;
        rules.too_many_parts = {errc::max_num_fields, rules.max_parts};
    }
    parser.emplace(detail::boundary_of(type).value(), rules, scan::best());
}

Event PartReader::State::advance() {
    for (;;) {
        const Event event = parser->next();
        if (event == Event::fault) throw Error(parser->fault());
        if (event == Event::data) count(parser->data().size());
        if (event != Event::need_input) return event;
        const std::string_view slice = body.next().value();
        if (slice.empty()) {
            parser->finish();
        } else {
            parser->feed(slice);
        }
    }
}

void PartReader::State::count(std::size_t bytes) {
    size += bytes;
    const std::uint64_t most = is_file ? limits.max_file : limits.max_field;
    if (size > most)
        throw Error(Fault{is_file ? errc::max_file : errc::max_field, most});
}

void PartReader::State::take_head() {
    const detail::PartHead& head = parser->head();
    part.form = std::make_unique<Form>();
    part.form->encoding = part.form->head_encoding = encoding;
    part.form->on_error = on_error;
    part.depth = static_cast<unsigned>(parser->depth());
    part.is_multipart = head.multipart;
    in_part = !head.multipart;
    size = 0;
    is_file = head.has_filename;
    if (Fault fault = detail::PartStore(*part.form, limits, false).begin(head, 0)) {
        throw Error(fault);
    }
}

PartReader::PartReader(const FormInput& input, const Limits& limits,
                       const FormOptions& options)
    : state_(std::make_unique<State>(input, limits, options)) {}
PartReader::PartReader(PartReader&&) noexcept = default;
PartReader& PartReader::operator=(PartReader&&) noexcept = default;
PartReader::~PartReader() = default;

const Part* PartReader::next() {
    State& state = *state_;
    while (!state.ended) {
        switch (state.advance()) {
            case Event::head:
                state.take_head();
                return &state.part;
            case Event::end:
                state.ended = true;
                break;
            default:
                break;
        }
    }
    return nullptr;
}

std::string_view PartReader::read() {
    State& state = *state_;
    if (!state.in_part) return {};
    if (state.advance() != Event::data) {
        state.in_part = false;
        state.done = state.parser->done();
        return {};
    }
    return state.parser->data();
}

int PartReader::done() const noexcept { return state_->done; }

void read_parts(const FormInput& input, const Limits& limits,
                const std::function<void(const Part&)>& head,
                const std::function<void(const Part&, std::string_view)>& data) {
    PartReader reader(input, limits);
    while (const Part* part = reader.next()) {
        head(*part);
        for (auto slice = reader.read(); !slice.empty(); slice = reader.read()) {
            data(*part, slice);
        }
    }
}

}  // namespace cppcgi
