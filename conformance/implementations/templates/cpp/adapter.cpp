// An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line, and
// reads its answers. The page "Adapters" of the suite defines them. Commands that are not written yet are
// skipped; their cases fail or do not apply. Write to standard error whatever you like to see.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "codec.hpp"
#include "json.hpp"

namespace {

// Thrown if the implementation cannot do something.
struct skipped : std::runtime_error {
    using std::runtime_error::runtime_error;
};

json::object not_written(const json::value&) {
    throw skipped("this adapter does not do that yet");
}

json::object nothing(const json::value&) { return {}; }

// The description of the implementation. Add to the lists what it supports.
json::object start(const json::value& command) {
    if (command["protocol"].number() != 1) throw std::runtime_error("this adapter speaks protocol 1");
    return {
        {"implementation", json::object{{"name", "my-gotalk"}, {"version", "0.0.0"}, {"language", "c++"}}},
        {"roles", json::object{}}, // {"acceptor", json::array{"tcp"}}, {"initiator", json::array{"tcp"}}
        {"versions", json::array{"01"}},
        {"operations", json::array{}}, // the standard operations: "echo", "fail", …
        {"limits", json::object{{"name", 4095}, {"payload", double{UINT32_MAX}}}},
        {"features", json::array{"codec"}}, // "streams", "heartbeat", …
    };
}

// The digits of bytes are in lower case.
int number_of(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

std::string from_hex(const std::string& digits) {
    std::string bytes(digits.size() / 2, '\0');
    for (std::size_t at = 0; at < bytes.size(); ++at)
        bytes[at] = static_cast<char>(number_of(digits[2 * at]) << 4 | number_of(digits[2 * at + 1]));
    return bytes;
}

std::string to_hex(const std::string& bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : bytes) text += {digits[byte >> 4], digits[byte & 15]};
    return text;
}

json::object decode(const json::value& command) {
    for (const auto* name : {"handshake", "end", "limits"})
        if (!command[name].is_null()) not_written(command);
    gotalk::decoder decoder;
    json::array messages;
    int index = 0;
    for (const auto& chunk : command["chunks"].items()) {
        decoder.push(from_hex(chunk.text()));
        try {
            while (const auto message = decoder.next()) {
                messages.push_back(json::object{
                    {"chunk", index},
                    {"message", json::object{{"kind", "Heartbeat"},
                                             {"load", message->load},
                                             {"time", double{static_cast<double>(message->time)}}}},
                });
            }
        } catch (const gotalk::refused& error) {
            return {
                {"messages", messages},
                {"refused", json::object{{"chunk", index},
                                         {"reason", error.what()},
                                         {"code", gotalk::invalid_message}}},
            };
        }
        ++index;
    }
    return {{"messages", messages}};
}

json::object encode(const json::value& command) {
    const auto& message = command["message"];
    if (message.is_null()) not_written(command); // the version itself
    if (message["kind"].text() != "Heartbeat")
        throw std::runtime_error("cannot write a " + message["kind"].text() + " yet");
    const auto load = message["load"].number(), time = message["time"].number();
    if (load < 0 || load > UINT16_MAX || time < 0 || time > UINT32_MAX)
        return {{"refused", json::object{{"reason", "out-of-range"}}}};
    const gotalk::heartbeat written{static_cast<std::uint16_t>(load), static_cast<std::uint32_t>(time)};
    return {{"bytes", to_hex(gotalk::encode(written))}};
}

const std::map<std::string, json::object (*)(const json::value&)> commands = {
    {"start", start},
    {"decode", decode},
    {"encode", encode},
    {"listen", not_written},
    {"connect", not_written},
    {"request", not_written},
    {"notify", not_written},
    {"open-stream", not_written},
    {"write", not_written},
    {"end", not_written},
    {"cancel", not_written},
    {"report", not_written},
    {"close", not_written},
    {"drain", not_written},
    {"advance", not_written},
    {"reset", nothing}, // Close all listeners and connections here.
    {"stop", nothing},
};

std::mutex printing;

void answer(const std::string& line) {
    json::value command;
    json::object answer;
    try {
        command = json::read(line);
        const auto found = commands.find(command["command"].text());
        if (found == commands.end())
            throw std::runtime_error("unknown command " + command["command"].text());
        answer = found->second(command);
    } catch (const skipped& reason) {
        answer = {{"skipped", json::object{{"reason", reason.what()}}}};
    } catch (const std::exception& error) {
        answer = {{"errored", json::object{{"message", error.what()}}}};
    }
    answer["seq"] = command["seq"];
    const std::lock_guard lock(printing);
    std::cout << json::write(answer) << std::endl;
    // Threads may still wait, so nothing is destroyed.
    if (command["command"].text() == "stop") std::_Exit(EXIT_SUCCESS);
}

}

int main() {
    std::ios::sync_with_stdio(false);
    // Reading would flush the output without the lock.
    std::cin.tie(nullptr);
    // A command may wait, so the next one is read before it is answered.
    for (std::string line; std::getline(std::cin, line);) std::thread(answer, std::move(line)).detach();
    // A line that is being printed is waited for.
    const std::lock_guard lock(printing);
    std::_Exit(EXIT_SUCCESS);
}
