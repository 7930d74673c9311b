#include "codec.hpp"

#include <array>
#include <cinttypes>
#include <cstdio>

namespace gotalk {

std::optional<heartbeat> decoder::next() {
    if (bytes_.empty()) return std::nullopt;
    if (bytes_.front() != 'h') throw refused("unknown-kind");
    const auto load = number(1, 4);
    const auto time = number(5, 8);
    if (!load || !time) return std::nullopt;
    bytes_.erase(0, 13);
    return heartbeat{static_cast<std::uint16_t>(*load), *time};
}

std::optional<std::uint32_t> decoder::number(std::size_t offset, std::size_t digits) const {
    static constexpr std::string_view lower = "0123456789abcdef", upper = "0123456789ABCDEF";
    std::uint32_t number = 0;
    for (auto at = offset; at < offset + digits; ++at) {
        if (at >= bytes_.size()) return std::nullopt;
        auto digit = lower.find(bytes_[at]);
        if (digit == lower.npos) digit = upper.find(bytes_[at]);
        if (digit == upper.npos) throw refused("bad-hex");
        number = number << 4 | static_cast<std::uint32_t>(digit);
    }
    return number;
}

std::string encode(const heartbeat& message) {
    std::array<char, 14> text;
    std::snprintf(text.data(), text.size(), "h%04" PRIx16 "%08" PRIx32, message.load, message.time);
    return text.data();
}

}
