#include "interop/pickle.h"

#include <bit>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

constexpr std::size_t kMostNodes = 20'000'000;
constexpr std::size_t kMostStack = 2'000'000;

}  // namespace

/// Runs the opcodes of Python's pickletools (protocols 0 to 5).
class PickleMachine {
public:
    PickleMachine(std::string_view bytes, const std::string& subject, Pickle& pickle) : bytes_(bytes), subject_(subject), pickle_(pickle) {}

    void run() {
        while (true) {
            start_ = at_;
            const auto code = static_cast<unsigned char>(take(1)[0]);
            if (code == '.') break;
            execute(code);
            if (stack_.size() > kMostStack) fail("more values on its stack than any checkpoint needs");
        }
        pickle_.root_ = pop();
        pickle_.size_ = at_;
    }

private:
    using Node = PickleNode;

    [[noreturn]] void fail(const std::string& what) const {
        throw DataError(fmt::format("{}: not a usable pickle: {} at byte {}", subject_, what, start_));
    }

    std::string_view take(std::size_t count) {
        if (count > bytes_.size() - at_) fail("it ends too early");
        at_ += count;
        return bytes_.substr(at_ - count, count);
    }
    std::string_view takeLine() {
        const std::size_t end = bytes_.find('\n', at_);
        if (end == std::string_view::npos) fail("it ends too early");
        const std::string_view line = bytes_.substr(at_, end - at_);
        at_ = end + 1;
        return line;
    }
    /// Little-endian, unsigned.
    std::uint64_t number(std::size_t width) {
        const std::string_view raw = take(width);
        std::uint64_t value = 0;
        for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(raw[i]);
        return value;
    }
    std::size_t length(std::size_t width) {
        const std::uint64_t value = number(width);
        if (value > bytes_.size() - at_) fail("a length that reaches beyond its end");
        return static_cast<std::size_t>(value);
    }

    Node* add(Node node) {
        if (pickle_.nodes_.size() >= kMostNodes) fail("more values than any checkpoint needs");
        pickle_.nodes_.push_back(std::move(node));
        return &pickle_.nodes_.back();
    }
    template <typename T>
    void push(T value) {
        stack_.push_back(add({std::move(value)}));
    }
    Node* top() {
        if (stack_.empty() || (!marks_.empty() && marks_.back() >= stack_.size())) fail("nothing on the stack");
        return stack_.back();
    }
    Node* pop() {
        Node* node = top();
        stack_.pop_back();
        return node;
    }
    std::vector<PickleRef> popToMark() {
        if (marks_.empty() || marks_.back() > stack_.size()) fail("no mark on the stack");
        const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
        std::vector<PickleRef> members(first, stack_.end());
        stack_.erase(first, stack_.end());
        marks_.pop_back();
        return members;
    }

    void execute(unsigned char code);
    bool executeScalar(unsigned char code);
    bool executeContainer(unsigned char code);
    bool executeObject(unsigned char code);
    bool executeMemo(unsigned char code);

    void pushLong(std::string_view raw) {
        Node::Integer integer{0, raw.size() > 8};
        for (std::size_t i = 0; i < raw.size() && i < 8; ++i)
            integer.value |= static_cast<std::int64_t>(static_cast<std::uint64_t>(static_cast<unsigned char>(raw[i])) << (8 * i));
        if (!raw.empty() && raw.size() < 8 && (static_cast<unsigned char>(raw.back()) & 0x80) != 0)
            integer.value |= static_cast<std::int64_t>(~std::uint64_t{0} << (8 * raw.size()));
        push(integer);
    }
    void pushDecimal(std::string_view line) {
        if (!line.empty() && line.back() == 'L') line.remove_suffix(1);
        Node::Integer integer;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), integer.value);
        if (error == std::errc::result_out_of_range)
            integer.beyond = true;
        else if (error != std::errc() || end != line.data() + line.size())
            fail("a number that is none");
        push(integer);
    }
    void pushReal(std::string_view line) {
        double value = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
        if (error != std::errc() || end != line.data() + line.size()) fail("a number that is none");
        push(value);
    }
    /// Protocol 0 writes texts with quotes and escapes; only plain ones occur in checkpoints.
    void pushQuoted(std::string_view line) {
        if (line.size() < 2 || line.front() != line.back() || line.find('\\') != std::string_view::npos) fail("a text with escapes");
        push(Node::Text{std::string(line.substr(1, line.size() - 2))});
    }

    void append(Node* target, const std::vector<PickleRef>& members) {
        if (auto* list = std::get_if<Node::List>(&target->value))
            list->members.insert(list->members.end(), members.begin(), members.end());
        else if (auto* record = std::get_if<Node::Record>(&target->value))
            record->members.insert(record->members.end(), members.begin(), members.end());
        else
            fail("members for something that has none");
    }
    void setItems(Node* target, const std::vector<PickleRef>& flat) {
        if (flat.size() % 2 != 0) fail("a key without a value");
        auto* dict = std::get_if<Node::Dict>(&target->value);
        auto* record = std::get_if<Node::Record>(&target->value);
        if (dict == nullptr && record == nullptr) fail("items for something that has none");
        PickleItems& items = dict != nullptr ? dict->items : record->items;
        for (std::size_t i = 0; i < flat.size(); i += 2) items.emplace_back(flat[i], flat[i + 1]);
    }
    void call(PickleRef callee, PickleRef arguments) { push(Node::Record{.callee = callee, .arguments = arguments, .members = {}, .items = {}}); }
    void remember(std::uint64_t place) {
        if (memo_.size() >= kMostNodes) fail("more references than any checkpoint needs");
        memo_[place] = top();
    }
    void recall(std::uint64_t place) {
        const auto found = memo_.find(place);
        if (found == memo_.end()) fail("a reference to a value that was not stored");
        stack_.push_back(found->second);
    }
    std::uint64_t placeOf(std::string_view line) const {
        std::uint64_t place = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), place);
        if (error != std::errc() || end != line.data() + line.size()) fail("a reference that is no number");
        return place;
    }

    std::string_view bytes_;
    const std::string& subject_;
    Pickle& pickle_;
    std::size_t at_ = 0, start_ = 0;
    std::vector<Node*> stack_;
    std::vector<std::size_t> marks_;
    std::unordered_map<std::uint64_t, Node*> memo_;
};

bool PickleMachine::executeScalar(unsigned char code) {
    switch (code) {
        case 'N':
            push(Node::None{});
            return true;
        case 0x88:
            push(true);
            return true;
        case 0x89:
            push(false);
            return true;
        case 'J':
            push(Node::Integer{static_cast<std::int32_t>(number(4)), false});
            return true;
        case 'K':
            push(Node::Integer{static_cast<std::int64_t>(number(1)), false});
            return true;
        case 'M':
            push(Node::Integer{static_cast<std::int64_t>(number(2)), false});
            return true;
        case 0x8A:
            pushLong(take(length(1)));
            return true;
        case 0x8B:
            pushLong(take(length(4)));
            return true;
        case 'G': {
            const std::string_view raw = take(8);  // big-endian
            std::uint64_t bits = 0;
            for (const char c : raw) bits = bits << 8 | static_cast<unsigned char>(c);
            push(std::bit_cast<double>(bits));
            return true;
        }
        case 'I': {
            const std::string_view line = takeLine();
            if (line == "00" || line == "01")
                push(line == "01");
            else
                pushDecimal(line);
            return true;
        }
        case 'L':
            pushDecimal(takeLine());
            return true;
        case 'F':
            pushReal(takeLine());
            return true;
        case 'S':
            pushQuoted(takeLine());
            return true;
        case 'V':
            push(Node::Text{std::string(takeLine())});
            return true;
        case 'X':
            push(Node::Text{std::string(take(length(4)))});
            return true;
        case 0x8C:
            push(Node::Text{std::string(take(length(1)))});
            return true;
        case 0x8D:
            push(Node::Text{std::string(take(length(8)))});
            return true;
        case 'T':
            push(Node::Text{std::string(take(length(4)))});
            return true;
        case 'U':
            push(Node::Text{std::string(take(length(1)))});
            return true;
        case 'B':
            push(Node::Bytes{std::string(take(length(4)))});
            return true;
        case 'C':
            push(Node::Bytes{std::string(take(length(1)))});
            return true;
        case 0x8E:
        case 0x96:
            push(Node::Bytes{std::string(take(length(8)))});
            return true;
        default:
            return false;
    }
}

bool PickleMachine::executeContainer(unsigned char code) {
    switch (code) {
        case '(':
            marks_.push_back(stack_.size());
            return true;
        case '0':
            pop();
            return true;
        case '1':
            popToMark();
            return true;
        case '2':
            stack_.push_back(top());
            return true;
        case ']':
        case 0x8F:
            push(Node::List{});
            return true;
        case ')':
            push(Node::Tuple{});
            return true;
        case '}':
            push(Node::Dict{});
            return true;
        case 'l':
        case 0x91:
            push(Node::List{popToMark()});
            return true;
        case 't':
            push(Node::Tuple{popToMark()});
            return true;
        case 0x85:
        case 0x86:
        case 0x87: {
            std::vector<PickleRef> members(static_cast<std::size_t>(code - 0x84));
            for (std::size_t i = members.size(); i-- > 0;) members[i] = pop();
            push(Node::Tuple{std::move(members)});
            return true;
        }
        case 'd': {
            const std::vector<PickleRef> flat = popToMark();
            push(Node::Dict{});
            setItems(top(), flat);
            return true;
        }
        case 'a': {
            PickleRef member = pop();
            append(top(), {member});
            return true;
        }
        case 'e':
        case 0x90: {
            const std::vector<PickleRef> members = popToMark();
            append(top(), members);
            return true;
        }
        case 's': {
            PickleRef value = pop();
            PickleRef key = pop();
            setItems(top(), {key, value});
            return true;
        }
        case 'u': {
            const std::vector<PickleRef> flat = popToMark();
            setItems(top(), flat);
            return true;
        }
        default:
            return false;
    }
}

bool PickleMachine::executeObject(unsigned char code) {
    switch (code) {
        case 'c': {
            std::string module(takeLine());
            push(Node::Global{std::move(module), std::string(takeLine())});
            return true;
        }
        case 0x93: {
            const auto* name = pop()->as<Node::Text>();
            const auto* module = pop()->as<Node::Text>();
            if (name == nullptr || module == nullptr) fail("a class whose name is no text");
            push(Node::Global{module->value, name->value});
            return true;
        }
        case 'R':
        case 0x81: {
            PickleRef arguments = pop();
            call(pop(), arguments);
            return true;
        }
        case 0x92: {
            pop();  // keyword arguments: no checkpoint needs them
            PickleRef arguments = pop();
            call(pop(), arguments);
            return true;
        }
        case 'o': {
            std::vector<PickleRef> members = popToMark();
            if (members.empty()) fail("an object without a class");
            PickleRef callee = members.front();
            members.erase(members.begin());
            call(callee, add({Node::Tuple{std::move(members)}}));
            return true;
        }
        case 'i': {
            std::string module(takeLine());
            PickleRef callee = add({Node::Global{std::move(module), std::string(takeLine())}});
            call(callee, add({Node::Tuple{popToMark()}}));
            return true;
        }
        case 'b': {
            PickleRef state = pop();
            if (auto* record = std::get_if<Node::Record>(&top()->value)) record->state = state;
            return true;  // of plain values the state means nothing
        }
        case 'P':
            push(Node::Persistent{add({Node::Text{std::string(takeLine())}})});
            return true;
        case 'Q':
            push(Node::Persistent{pop()});
            return true;
        default:
            return false;
    }
}

bool PickleMachine::executeMemo(unsigned char code) {
    switch (code) {
        case 'p':
            remember(placeOf(takeLine()));
            return true;
        case 'q':
            remember(number(1));
            return true;
        case 'r':
            remember(number(4));
            return true;
        case 0x94:
            remember(memo_.size());
            return true;
        case 'g':
            recall(placeOf(takeLine()));
            return true;
        case 'h':
            recall(number(1));
            return true;
        case 'j':
            recall(number(4));
            return true;
        default:
            return false;
    }
}

void PickleMachine::execute(unsigned char code) {
    if (code == 0x80) {  // PROTO
        if (const std::uint64_t protocol = number(1); protocol > 5) fail(fmt::format("protocol {}, expected 0 to 5", protocol));
        return;
    }
    if (code == 0x95) {  // FRAME: a hint for readers of streams
        length(8);
        return;
    }
    if (!executeScalar(code) && !executeContainer(code) && !executeObject(code) && !executeMemo(code))
        fail(fmt::format("the unknown instruction 0x{:02x}", code));
}

Pickle::Pickle(std::string_view bytes, const std::string& subject) { PickleMachine(bytes, subject, *this).run(); }

bool PickleNode::isGlobal(std::string_view module, std::string_view name) const {
    const auto* global = as<Global>();
    return global != nullptr && global->module == module && global->name == name;
}

bool PickleNode::isCallOf(std::string_view module, std::string_view name) const {
    const auto* record = as<Record>();
    return record != nullptr && record->callee->isGlobal(module, name);
}

const PickleItems* PickleNode::items() const {
    if (const auto* dict = as<Dict>()) return &dict->items;
    const bool isMapping = isCallOf("collections", "OrderedDict") || isCallOf("collections", "defaultdict") || isCallOf("builtins", "dict");
    return isMapping ? &as<Record>()->items : nullptr;
}

const std::vector<PickleRef>* PickleNode::members() const {
    if (const auto* list = as<List>()) return &list->members;
    if (const auto* tuple = as<Tuple>()) return &tuple->members;
    return nullptr;
}

PickleRef PickleNode::find(std::string_view key) const {
    const PickleItems* all = items();
    if (all == nullptr) return nullptr;
    for (auto item = all->rbegin(); item != all->rend(); ++item)  // the last one counts
        if (const auto* text = item->first->as<Text>(); text != nullptr && text->value == key) return item->second;
    return nullptr;
}

std::string PickleNode::describe() const {
    if (as<None>()) return "nothing";
    if (const bool* flag = as<bool>()) return *flag ? "true" : "false";
    if (const auto* integer = as<Integer>()) return integer->beyond ? "a huge number" : std::to_string(integer->value);
    if (const double* real = as<double>()) return fmt::format("{}", *real);
    if (const auto* text = as<Text>()) return fmt::format("'{}'", text->value.substr(0, 60));
    if (as<Bytes>()) return "bytes";
    if (const PickleItems* all = items()) return fmt::format("a dictionary of {}", all->size());
    if (const auto* list = members()) return fmt::format("a list of {}", list->size());
    if (const auto* global = as<Global>()) return global->module + "." + global->name;
    if (const auto* record = as<Record>()) {
        const auto* made = record->callee->as<Global>();
        return made != nullptr ? fmt::format("an object of {}.{}", made->module, made->name) : "an object";
    }
    return "something outside the file";
}

}  // namespace maskscope
