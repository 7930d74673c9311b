// The beginning of an implementation, which reads and writes Heartbeats. Write the other kinds here, or call
// your own implementation in adapter.cpp instead.

#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gotalk {

// The code of a ProtocolError for bytes that are no message.
constexpr int invalid_message = 2;

// A Heartbeat. With the other kinds, a message becomes a std::variant.
struct heartbeat {
    std::uint16_t load;
    std::uint32_t time;
};

// Thrown for bytes that are refused; what() is the reason.
struct refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Reads messages from bytes that arrive in pieces.
class decoder {
public:
    // Takes bytes that have arrived.
    void push(std::string_view bytes) { bytes_ += bytes; }

    // Returns the next message; nothing if it is not complete yet.
    std::optional<heartbeat> next();

private:
    // The number in hexadecimal digits at an offset; nothing if some are yet to arrive.
    std::optional<std::uint32_t> number(std::size_t offset, std::size_t digits) const;

    std::string bytes_;
};

// Returns the bytes of a message.
std::string encode(const heartbeat& message);

}
