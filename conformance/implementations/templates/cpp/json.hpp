// Reads and writes JSON.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace json {

struct value;
using array = std::vector<value>;
using object = std::map<std::string, value>;

// A value. Strings are in UTF-8.
struct value : std::variant<std::nullptr_t, bool, double, std::string, array, object> {
    using variant::variant;
    // For a whole number and a literal.
    value(int number) : variant(static_cast<double>(number)) {}
    value(const char* text) : variant(std::string(text)) {}

    // The member of an object; null if there is none, or if this is no object.
    const value& operator[](const std::string& name) const;
    // The number, or -1 if this is no number.
    double number() const;
    // The string, or an empty one if this is no string.
    const std::string& text() const;
    // The items, or none if this is no array.
    const array& items() const;
    bool is_null() const { return index() == 0; }
};

// Reads a value. Throws a std::runtime_error if the text is not JSON.
value read(std::string_view text);

// Writes a value on one line.
std::string write(const value& value);

}
