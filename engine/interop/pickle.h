#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace maskscope {

struct PickleNode;
using PickleRef = const PickleNode*;
using PickleItems = std::vector<std::pair<PickleRef, PickleRef>>;

/// A value that a pickle holds. Nothing is imported and nothing is called: what Python would call is kept as a record of the
/// call. Nodes may refer to each other in circles.
struct PickleNode {
    struct None {};
    struct Integer {
        std::int64_t value = 0;
        bool beyond = false;  // it did not fit 64 bits
    };
    struct Text {
        std::string value;
    };
    struct Bytes {
        std::string value;
    };
    struct List {
        std::vector<PickleRef> members;  // of a list, tuple, set or frozen set
    };
    struct Tuple {
        std::vector<PickleRef> members;
    };
    struct Dict {
        PickleItems items;
    };
    /// A class or function by name.
    struct Global {
        std::string module, name;
    };
    /// What calling `callee` with `arguments` would have made, and what was put into it afterwards.
    struct Record {
        PickleRef callee = nullptr;
        PickleRef arguments = nullptr;
        PickleRef state = nullptr;  // null: none was set
        std::vector<PickleRef> members;
        PickleItems items;
    };
    /// Something that lies outside the pickle.
    struct Persistent {
        PickleRef id = nullptr;
    };

    std::variant<None, bool, Integer, double, Text, Bytes, List, Tuple, Dict, Global, Record, Persistent> value;

    template <typename T>
    const T* as() const {
        return std::get_if<T>(&value);
    }
    bool isGlobal(std::string_view module, std::string_view name) const;
    /// Whether this records a call of module.name.
    bool isCallOf(std::string_view module, std::string_view name) const;
    /// The items of a dictionary, also of an ordered one or of one with a default; null for anything else.
    const PickleItems* items() const;
    /// The members of a list or a tuple; null for anything else.
    const std::vector<PickleRef>* members() const;
    /// The value of a text key; null if there is none or this is no dictionary.
    PickleRef find(std::string_view key) const;
    /// "a dictionary of 3", "argparse.Namespace": for messages.
    std::string describe() const;
};

/// A pickle as a tree of plain values (protocols 0 to 5). A pickle is a program for a machine that could do anything; this
/// machine can only build the values above, within limits on their number.
class Pickle {
public:
    /// @param subject  names the pickle in messages
    /// @throws DataError with the byte at which the pickle is cut off, malformed, or asks for more than the limits allow
    Pickle(std::string_view bytes, const std::string& subject);
    Pickle(Pickle&&) = default;

    const PickleNode& root() const { return *root_; }
    /// Bytes up to and including STOP: where the next pickle of a stream begins.
    std::size_t size() const { return size_; }

private:
    friend class PickleMachine;
    std::deque<PickleNode> nodes_;  // addresses stay
    PickleRef root_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace maskscope
