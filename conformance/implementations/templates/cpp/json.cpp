#include "json.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace json {

namespace {

template <class T>
const T& get_or_empty(const value& value) {
    static const T empty{};
    const auto* held = std::get_if<T>(&value);
    return held ? *held : empty;
}

class reader {
public:
    explicit reader(std::string_view text) : rest_(text) {}

    value read_all() {
        auto result = read();
        skip_space();
        if (!rest_.empty()) fail();
        return result;
    }

private:
    [[noreturn]] static void fail() { throw std::runtime_error("this line is no JSON"); }

    void skip_space() {
        while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_[0]) != std::string_view::npos)
            rest_.remove_prefix(1);
    }

    bool skip(std::string_view word) {
        skip_space();
        if (rest_.substr(0, word.size()) != word) return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    char take() {
        if (rest_.empty()) fail();
        const char character = rest_[0];
        rest_.remove_prefix(1);
        return character;
    }

    value read() {
        if (skip("null")) return nullptr;
        if (skip("true")) return true;
        if (skip("false")) return false;
        if (skip("\"")) return read_string();
        if (skip("[")) return read_array();
        if (skip("{")) return read_object();
        const std::string number(rest_.substr(0, rest_.find_first_not_of("+-.0123456789eE")));
        if (number.empty()) fail();
        rest_.remove_prefix(number.size());
        return std::strtod(number.c_str(), nullptr);
    }

    array read_array() {
        array items;
        if (skip("]")) return items;
        do items.push_back(read());
        while (skip(","));
        if (!skip("]")) fail();
        return items;
    }

    object read_object() {
        object members;
        if (skip("}")) return members;
        do {
            if (!skip("\"")) fail();
            auto name = read_string();
            if (!skip(":")) fail();
            members[std::move(name)] = read();
        } while (skip(","));
        if (!skip("}")) fail();
        return members;
    }

    // Reads a string behind its first quote.
    std::string read_string() {
        static constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
        std::string text;
        for (char character = take(); character != '"'; character = take()) {
            if (character != '\\') {
                text += character;
                continue;
            }
            character = take();
            const auto at = names.find(character);
            if (at != names.npos)
                text += meanings[at];
            else if (character == 'u')
                append_utf8(text, read_code_point());
            else
                fail();
        }
        return text;
    }

    unsigned long read_unit() {
        const std::string digits(rest_.substr(0, 4));
        if (digits.size() < 4 || digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) fail();
        rest_.remove_prefix(4);
        return std::stoul(digits, nullptr, 16);
    }

    unsigned long read_code_point() {
        const auto high = read_unit();
        if (high < 0xd800 || high >= 0xdc00 || rest_.substr(0, 2) != "\\u") return high;
        rest_.remove_prefix(2);
        return 0x10000 + ((high - 0xd800) << 10) + (read_unit() - 0xdc00);
    }

    static void append_utf8(std::string& text, unsigned long code) {
        const auto more = [&](int shift) { text += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
        if (code < 0x80) {
            text += static_cast<char>(code);
        } else if (code < 0x800) {
            text += static_cast<char>(0xc0 | code >> 6);
            more(0);
        } else if (code < 0x10000) {
            text += static_cast<char>(0xe0 | code >> 12);
            more(6);
            more(0);
        } else {
            text += static_cast<char>(0xf0 | code >> 18);
            more(12);
            more(6);
            more(0);
        }
    }

    std::string_view rest_;
};

struct writer {
    std::string& out;

    void operator()(std::nullptr_t) { out += "null"; }
    void operator()(bool truth) { out += truth ? "true" : "false"; }
    void operator()(double number) {
        char text[32];
        std::snprintf(text, sizeof text, "%.17g", number);
        out += text;
    }
    void operator()(const std::string& text) {
        out += '"';
        for (const char character : text) {
            if (character == '"' || character == '\\') {
                out += {'\\', character};
            } else if (static_cast<unsigned char>(character) < 0x20) {
                char escape[8];
                std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(character));
                out += escape;
            } else {
                out += character;
            }
        }
        out += '"';
    }
    void operator()(const array& items) {
        out += '[';
        const char* between = "";
        for (const auto& item : items) {
            out += between;
            write(item);
            between = ",";
        }
        out += ']';
    }
    void operator()(const object& members) {
        out += '{';
        const char* between = "";
        for (const auto& [name, member] : members) {
            out += between;
            (*this)(name);
            out += ':';
            write(member);
            between = ",";
        }
        out += '}';
    }
    void write(const value& value) {
        std::visit(*this, static_cast<const value::variant&>(value));
    }
};

}

const value& value::operator[](const std::string& name) const {
    static const value null{nullptr};
    const auto& members = get_or_empty<object>(*this);
    const auto found = members.find(name);
    return found == members.end() ? null : found->second;
}

double value::number() const {
    const auto* held = std::get_if<double>(this);
    return held ? *held : -1;
}

const std::string& value::text() const { return get_or_empty<std::string>(*this); }

const array& value::items() const { return get_or_empty<array>(*this); }

value read(std::string_view text) { return reader(text).read_all(); }

std::string write(const value& value) {
    std::string out;
    writer{out}.write(value);
    return out;
}

}
