using System.Text;

namespace GotalkAdapter;

/// <summary>A Heartbeat. With the other kinds, a message becomes an abstract record.</summary>
public sealed record Heartbeat(ushort Load, uint Time);

/// <summary>Thrown for bytes that are refused; the message is the reason.</summary>
public sealed class RefusedException(string reason) : Exception(reason);

/// <summary>
/// The beginning of an implementation, which reads and writes Heartbeats. Write the other kinds here, or call
/// your own implementation in Program.cs instead.
/// </summary>
public static class Codec
{
    /// <summary>The code of a ProtocolError for bytes that are no message.</summary>
    public const int InvalidMessage = 2;

    /// <summary>Returns the bytes of a message.</summary>
    public static byte[] Encode(Heartbeat message) =>
        Encoding.ASCII.GetBytes($"h{message.Load:x4}{message.Time:x8}");
}

/// <summary>Reads messages from bytes that arrive in pieces.</summary>
public sealed class MessageDecoder
{
    private readonly List<byte> _bytes = [];

    /// <summary>Takes bytes that have arrived.</summary>
    public void Push(byte[] chunk) => _bytes.AddRange(chunk);

    /// <summary>Returns the next message; null if it is not complete yet.</summary>
    public Heartbeat? Next()
    {
        if (_bytes.Count == 0) return null;
        if (_bytes[0] != 'h') throw new RefusedException("unknown-kind");
        var load = Number(1, 4);
        var time = Number(5, 8);
        if (load is null || time is null) return null;
        _bytes.RemoveRange(0, 13);
        return new Heartbeat((ushort)load, (uint)time);
    }

    /// <summary>The number in hexadecimal digits at an offset; null if some are yet to arrive.</summary>
    private uint? Number(int offset, int digits)
    {
        uint number = 0;
        for (var at = offset; at < offset + digits; at++)
        {
            if (at >= _bytes.Count) return null;
            var digit = (char)_bytes[at];
            if (!char.IsAsciiHexDigit(digit)) throw new RefusedException("bad-hex");
            number = number << 4 | Convert.ToUInt32(digit.ToString(), 16);
        }
        return number;
    }
}
