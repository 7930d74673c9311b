// An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line, and
// reads its answers. The page "Adapters" of the suite defines them. Commands that are not written yet are
// skipped; their cases fail or do not apply. Write to standard error whatever you like to see.

using System.Text;
using System.Text.Json.Nodes;
using GotalkAdapter;

var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
var printing = new object();

while (await input.ReadLineAsync() is { } line)
{
    // A command may wait, so the next one is read before it is answered.
    _ = Task.Run(() => Answer(line));
}

void Answer(string line)
{
    JsonNode? seq = null;
    var command = "";
    JsonObject answer;
    try
    {
        var arguments = JsonNode.Parse(line)!.AsObject();
        seq = arguments["seq"]?.DeepClone();
        command = arguments["command"]!.GetValue<string>();
        answer = CarryOut(command, arguments);
    }
    catch (SkippedException skipped)
    {
        answer = new JsonObject { ["skipped"] = new JsonObject { ["reason"] = skipped.Message } };
    }
    catch (Exception error)
    {
        answer = new JsonObject
        {
            ["errored"] = new JsonObject { ["message"] = error.Message, ["trace"] = error.StackTrace },
        };
    }
    answer["seq"] = seq;
    lock (printing) output.WriteLine(answer.ToJsonString());
    if (command == "stop") Environment.Exit(0);
}

static JsonObject CarryOut(string command, JsonObject arguments) => command switch
{
    "start" => (int?)arguments["protocol"] == 1
        ? Description()
        : throw new ArgumentException($"protocol is {arguments["protocol"]}, wanted 1"),
    "decode" => Decode(arguments),
    "encode" => Encode(arguments["message"]),
    "listen" or "connect" or "request" or "notify" or "open-stream" or "write" or "end" or "cancel"
        or "report" or "close" or "drain" or "advance" => throw new SkippedException(),
    // Close all listeners and connections at reset.
    "reset" or "stop" => [],
    _ => throw new ArgumentException($"unknown command {command}"),
};

// The description of the implementation. Add to the lists what it supports.
static JsonObject Description() => new()
{
    ["implementation"] = new JsonObject
    {
        ["name"] = "my-gotalk",
        ["version"] = "0.0.0",
        ["language"] = "c#",
    },
    ["roles"] = new JsonObject(), // ["acceptor"] = new JsonArray("tcp"), ["initiator"] = new JsonArray("tcp")
    ["versions"] = new JsonArray("01"),
    ["operations"] = new JsonArray(), // the standard operations: "echo", "fail", …
    ["limits"] = new JsonObject { ["name"] = 4095, ["payload"] = uint.MaxValue },
    ["features"] = new JsonArray("codec"), // "streams", "heartbeat", …
};

static JsonObject Decode(JsonObject arguments)
{
    if (arguments.ContainsKey("handshake") || arguments.ContainsKey("end") || arguments.ContainsKey("limits"))
        throw new SkippedException();
    var decoder = new MessageDecoder();
    var messages = new JsonArray();
    var index = 0;
    foreach (var chunk in arguments["chunks"]!.AsArray())
    {
        decoder.Push(Convert.FromHexString(chunk!.GetValue<string>()));
        try
        {
            while (decoder.Next() is { } message)
            {
                messages.Add(new JsonObject
                {
                    ["chunk"] = index,
                    ["message"] = new JsonObject
                    {
                        ["kind"] = "Heartbeat",
                        ["load"] = message.Load,
                        ["time"] = message.Time,
                    },
                });
            }
        }
        catch (RefusedException refused)
        {
            return new JsonObject
            {
                ["messages"] = messages,
                ["refused"] = new JsonObject
                {
                    ["chunk"] = index,
                    ["reason"] = refused.Message,
                    ["code"] = Codec.InvalidMessage,
                },
            };
        }
        index++;
    }
    return new JsonObject { ["messages"] = messages };
}

static JsonObject Encode(JsonNode? message)
{
    if (message is null) throw new SkippedException(); // the version itself
    var kind = message["kind"]!.GetValue<string>();
    if (kind != "Heartbeat") throw new NotSupportedException($"cannot write a {kind} yet");
    var (load, time) = (message["load"]!.GetValue<long>(), message["time"]!.GetValue<long>());
    if (load is < 0 or > ushort.MaxValue || time is < 0 or > uint.MaxValue)
        return new JsonObject { ["refused"] = new JsonObject { ["reason"] = "out-of-range" } };
    var bytes = Codec.Encode(new Heartbeat((ushort)load, (uint)time));
    return new JsonObject { ["bytes"] = Convert.ToHexString(bytes).ToLowerInvariant() };
}

/// <summary>Thrown if the implementation cannot do something.</summary>
internal sealed class SkippedException() : Exception("this adapter does not do that yet");
