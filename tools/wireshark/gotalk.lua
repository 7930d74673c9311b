-- Shows Gotalk conversations in Wireshark and tshark, over TCP and WebSocket.
-- README.md in this folder says how to install it, and lists the fields.
-- The protocol is specified in codec/README.md of the repository.

local gotalk = Proto("gotalk", "Gotalk")

local KINDS = {
  r = "SingleRequest",
  s = "StreamRequest",
  p = "StreamRequestPart",
  R = "SingleResult",
  S = "StreamResult",
  E = "ErrorResult",
  e = "RetryResult",
  n = "Notification",
  h = "Heartbeat",
  f = "ProtocolError",
}

-- The fields behind the letter, in order.
local LAYOUTS = {
  r = { "id", "operation", "payload" },
  s = { "id", "operation", "payload" },
  p = { "id", "payload" },
  R = { "id", "payload" },
  S = { "id", "payload" },
  E = { "id", "payload" },
  e = { "id", "wait", "payload" },
  n = { "name", "payload" },
  h = { "load", "time" },
  f = { "code" },
}

-- Digits of numbers.
local DIGITS = { operation = 3, name = 3, payload = 8, wait = 8, load = 4, time = 8, code = 8 }

-- Version 00 has none of these.
local NOT_IN_00 = { e = true, h = true, f = true }

local CODES = {
  [0] = "abnormal",
  [1] = "unsupported version",
  [2] = "invalid message",
  [3] = "timeout",
}

local f = {
  version = ProtoField.string("gotalk.version", "Version"),
  kind = ProtoField.string("gotalk.kind", "Kind"),
  id = ProtoField.string("gotalk.id", "Request ID"),
  operation = ProtoField.string("gotalk.operation", "Operation"),
  name = ProtoField.string("gotalk.name", "Name"),
  wait = ProtoField.uint32("gotalk.wait", "Wait (ms)"),
  load = ProtoField.uint16("gotalk.heartbeat.load", "Load"),
  sent = ProtoField.absolute_time("gotalk.heartbeat.time", "Time", base.UTC),
  code = ProtoField.uint32("gotalk.code", "Code", base.DEC, CODES),
  size = ProtoField.uint32("gotalk.payload_size", "Payload size"),
  payload = ProtoField.bytes("gotalk.payload", "Payload"),
  text = ProtoField.string("gotalk.payload_text", "Payload as text"),
  end_marker = ProtoField.bool("gotalk.end_marker", "End marker"),
  request_in = ProtoField.framenum("gotalk.request_in", "Request in", base.NONE, frametype.REQUEST),
  response_in = ProtoField.framenum("gotalk.response_in", "Response in", base.NONE, frametype.RESPONSE),
  time = ProtoField.relative_time("gotalk.time", "Time since the request"),
  extension_id = ProtoField.string("gotalk.extension.id", "Concerns request"),
  cancel_reason = ProtoField.string("gotalk.cancel.reason", "Reason of the cancel"),
  credit_direction = ProtoField.string("gotalk.credit.direction", "Direction of the credit"),
  credit_offset = ProtoField.uint64("gotalk.credit.offset", "Up to byte"),
  drain_reason = ProtoField.string("gotalk.drain.reason", "Reason of the drain"),
  trace_parent = ProtoField.string("gotalk.trace.parent", "traceparent"),
  trace_state = ProtoField.string("gotalk.trace.state", "tracestate"),
  merges = ProtoField.bool("gotalk.bytes", "Messages may be merged"),
}
gotalk.fields = {}
for _, field in pairs(f) do
  table.insert(gotalk.fields, field)
end

local e = {
  malformed = ProtoExpert.new("gotalk.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR),
  extension = ProtoExpert.new(
    "gotalk.extension.malformed",
    "Malformed notification of an extension",
    expert.group.MALFORMED,
    expert.severity.WARN
  ),
  refused = ProtoExpert.new(
    "gotalk.protocol_error",
    "The peer ends the connection",
    expert.group.PROTOCOL,
    expert.severity.WARN
  ),
  unmatched = ProtoExpert.new(
    "gotalk.unmatched",
    "No request with this ID was captured",
    expert.group.SEQUENCE,
    expert.severity.NOTE
  ),
}
gotalk.experts = { e.malformed, e.extension, e.refused, e.unmatched }

gotalk.prefs.ports = Pref.range(
  "Ports",
  "",
  "TCP ports of Gotalk servers, and of WebSocket servers that carry it. Others are found by their first bytes.",
  65535
)

-- By addresses and ports. The number of the TCP stream is not known when
-- packets are first read without a tree.
local conversations = {}
-- By number of the frame.
local frames = {}

function gotalk.init()
  conversations = {}
  frames = {}
end

local function endpoint(address, port)
  return tostring(address) .. " " .. tostring(port)
end

local function conversation_of(pinfo)
  local from, to = endpoint(pinfo.src, pinfo.src_port), endpoint(pinfo.dst, pinfo.dst_port)
  local key = from < to and from .. " " .. to or to .. " " .. from
  local conversation = conversations[key]
  if conversation == nil then
    conversation = { version = "01", sides = {} }
    conversations[key] = conversation
  end
  return conversation
end

-- What is known of one direction: its open requests, what waits for more of a
-- WebSocket message, and where it went wrong.
local function side_of(conversation, address, port)
  local key = endpoint(address, port)
  local side = conversation.sides[key]
  if side == nil then
    side = { open = {}, waiting = {} }
    conversation.sides[key] = side
  end
  return side
end

-- What was found in a frame the first time it was read, in order. Each later
-- time goes through the same list once.
local function remembered(pinfo, list, create)
  local frame = frames[pinfo.number]
  if frame == nil then
    frame = { messages = {}, chunks = {}, messages_at = 0, chunks_at = 0 }
    frames[pinfo.number] = frame
  end
  local items, at = frame[list], list .. "_at"
  local item
  if pinfo.visited then
    if #items == 0 then
      return {}, frame
    end
    item = items[frame[at] % #items + 1]
  else
    item = create()
    items[#items + 1] = item
  end
  frame[at] = frame[at] + 1
  return item, frame
end

-- Shows words in the list of packets, behind those of earlier messages of the
-- frame, of which `at` were there before.
local function show(pinfo, words, at)
  local frame = frames[pinfo.number]
  local is_first = at == 0 or (pinfo.visited and at % #frame.messages == 0)
  if not is_first then
    words = frame.words .. "; " .. words
  end
  pinfo.cols.protocol = "Gotalk"
  pinfo.cols.info = words
  return words
end

local function escaped(bytes)
  return (bytes:gsub("[^\x20-\x7e]", function(byte)
    return string.format("\\x%02x", byte:byte())
  end))
end

local function add_malformed(tree, range, text)
  tree:add_proto_expert_info(e.malformed, text)
end

-- Finds the fields of the message at an offset. Returns them, or nil and the
-- number of bytes that are missing (nil if it is not known), or nil, nil and
-- what is wrong.
local function parse(tvb, offset, version)
  local length = tvb:len()
  local letter = tvb(offset, 1):string()
  local layout = LAYOUTS[letter]
  if layout == nil or (version == "00" and NOT_IN_00[letter]) then
    return nil, nil, "unknown kind " .. escaped(letter)
  end
  local message = { letter = letter, start = offset, ranges = {}, values = {} }
  local at = offset + 1
  for _, field in ipairs(layout) do
    if field == "id" then
      local size = version == "00" and 3 or 4
      if at + size > length then
        return nil
      end
      message.ranges.id = tvb(at, size)
      message.values.id = tvb(at, size):raw()
      at = at + size
    else
      local digits = DIGITS[field]
      local there = math.min(digits, length - at)
      local text = there > 0 and tvb(at, there):raw() or ""
      local bad = text:match("^%x*()[^%x]")
      if bad then
        return nil, nil, string.format("%s has no digit at byte %d of the message", field, at + bad - 1 - offset)
      end
      if there < digits then
        return nil
      end
      local number = tonumber(text, 16)
      message.values[field] = number
      message.ranges[field] = tvb(at, digits)
      at = at + digits
      if field == "operation" or field == "name" or field == "payload" then
        if at + number > length then
          return nil, at + number - length
        end
        message.ranges[field .. "_data"] = number > 0 and tvb(at, number) or nil
        at = at + number
      end
    end
  end
  message.length = at - offset
  return message
end

-- Notes a request, or finds that of another message.
local function find_request(message, sender, receiver, pinfo)
  local letter, id = message.letter, message.values.id
  local is_empty = message.values.payload == 0
  if letter == "r" or letter == "s" then
    local request = { frame = pinfo.number, time = pinfo.rel_ts, kind = letter }
    sender.open[id] = sender.open[id] or {}
    table.insert(sender.open[id], request)
    return request
  end
  if letter == "p" then
    return (sender.open[id] or {})[1]
  end
  local requests = receiver.open[id] or {}
  local request = requests[1]
  if request and (letter ~= "S" or is_empty) then
    table.remove(requests, 1)
    request.response = pinfo.number
  end
  return request
end

-- Payloads of extensions: each adds its fields, and returns words for the list
-- of packets; nil if it is malformed.
local EXTENSIONS = {}

EXTENSIONS["gotalk:cancel"] = function(tree, range)
  if range == nil or range:len() < 4 then
    return nil
  end
  local id = escaped(range(0, 4):raw())
  tree:add(f.extension_id, range(0, 4), id)
  local words = "request " .. id
  if range:len() > 4 then
    local reason = range(4):string(ENC_UTF_8)
    tree:add(f.cancel_reason, range(4), reason)
    words = words .. ": " .. reason
  end
  return words
end

EXTENSIONS["gotalk:credit"] = function(tree, range)
  local text = range and range:raw() or ""
  if #text ~= 21 or not text:match("^[pS]....%x+$") then
    return nil
  end
  local id = escaped(text:sub(2, 5))
  tree:add(f.credit_direction, range(0, 1), text:sub(1, 1))
  tree:add(f.extension_id, range(1, 4), id)
  tree:add(f.credit_offset, range(5, 16), UInt64.fromhex(text:sub(6)))
  return string.format("request %s %s up to byte %s", id, text:sub(1, 1), tostring(UInt64.fromhex(text:sub(6))))
end

EXTENSIONS["gotalk:drain"] = function(tree, range)
  local reason = range and range:string(ENC_UTF_8) or ""
  if range then
    tree:add(f.drain_reason, range, reason)
  end
  return reason
end

EXTENSIONS["gotalk:trace"] = function(tree, range)
  local text = range and range:raw() or ""
  local parent, rest = text:match("^....(%x%x%-%x+%-%x+%-%x%x)(.*)$")
  if parent == nil or #parent ~= 55 or (rest ~= "" and not rest:match("^\n[\x20-\x7e]+$")) then
    return nil
  end
  local id = escaped(text:sub(1, 4))
  tree:add(f.extension_id, range(0, 4), id)
  tree:add(f.trace_parent, range(4, 55), parent)
  if rest ~= "" then
    tree:add(f.trace_state, range(60), rest:sub(2))
  end
  return "request " .. id .. " " .. parent
end

EXTENSIONS["gotalk:bytes"] = function(tree, range)
  if range then
    return nil
  end
  tree:add(f.merges, true):set_generated()
  return "messages may be merged"
end

-- Whether bytes are text that people can read: no controls but those of lines.
local function is_text(range)
  local start = range(0, math.min(range:len(), 4096)):raw()
  return not start:find("[%z\1-\8\14-\31\127]")
end

local function add_payload(tree, message)
  local size, range = message.values.payload, message.ranges.payload_data
  tree:add(f.size, message.ranges.payload, size)
  if range then
    tree:add(f.payload, range)
    if is_text(range) then
      tree:add(f.text, range, range:string(ENC_UTF_8))
    end
  elseif message.letter == "p" or message.letter == "S" then
    tree:add(f.end_marker, message.ranges.payload, true)
  end
  return string.format(" (%d byte%s)", size, size == 1 and "" or "s")
end

local function add_links(tree, message, request, pinfo)
  local letter = message.letter
  if letter == "r" or letter == "s" then
    if request.response then
      tree:add(f.response_in, request.response):set_generated()
    end
    return
  end
  if request == nil then
    tree:add_proto_expert_info(e.unmatched)
    return
  end
  tree:add(f.request_in, request.frame):set_generated()
  if letter ~= "p" then
    local delta = math.max(pinfo.rel_ts - request.time, 0)
    local seconds = math.floor(delta)
    local time = NSTime.new(seconds, math.floor((delta - seconds) * 1e9 + 0.5))
    tree:add(f.time, time):set_generated()
  end
end

-- Adds a message to the tree; returns words for the list of packets.
local function add_message(tree, tvb, message, memory, pinfo)
  local letter, values, ranges = message.letter, message.values, message.ranges
  local kind = KINDS[letter]
  local item = tree:add(gotalk, tvb(message.start, message.length))
  item:add(f.kind, tvb(message.start, 1), kind)
  local words = kind
  if values.id then
    local id = escaped(values.id)
    item:add(f.id, ranges.id, id)
    words = words .. " " .. id
  end
  for _, field in ipairs({ "operation", "name" }) do
    if values[field] then
      local range = ranges[field .. "_data"]
      local text = range and range:string(ENC_UTF_8) or ""
      item:add(f[field], range or ranges[field], text)
      words = words .. " " .. text
    end
  end
  if values.wait then
    item:add(f.wait, ranges.wait, values.wait)
    words = words .. " wait " .. values.wait .. " ms"
  end
  if values.load then
    item:add(f.load, ranges.load, values.load)
    item:add(f.sent, ranges.time, NSTime.new(values.time, 0))
    words = words .. " load " .. values.load
  end
  if values.code then
    item:add(f.code, ranges.code, values.code)
    local meaning = CODES[values.code] or "unknown"
    item:add_proto_expert_info(e.refused, "The peer ends the connection: " .. meaning)
    words = words .. " " .. meaning
  end
  local size = ""
  if values.payload then
    size = add_payload(item, message)
  end
  local extension = letter == "n" and ranges.name_data and EXTENSIONS[ranges.name_data:raw()]
  if extension then
    local meaning = extension(item, ranges.payload_data)
    if meaning == nil then
      item:add_proto_expert_info(e.extension)
    else
      size = meaning == "" and "" or ": " .. meaning
    end
  end
  words = words .. size
  item:set_text("Gotalk, " .. words)
  if values.id then
    add_links(item, message, memory.request, pinfo)
  end
  return words
end

-- The number of messages of a frame that were found before.
local function found_in(pinfo)
  local frame = frames[pinfo.number]
  return frame and frame.messages_at or 0
end

-- Shows what is no message.
local function note(pinfo, words)
  local at = found_in(pinfo)
  local _, frame = remembered(pinfo, "messages", function()
    return {}
  end)
  frame.words = show(pinfo, words, at)
end

-- Reads messages from an offset on. Returns the offset of the first that is not
-- complete, and the number of bytes that it misses (nil if it is not known);
-- the length if there is none.
local function read(tvb, offset, pinfo, tree)
  local conversation = conversation_of(pinfo)
  local sender = side_of(conversation, pinfo.src, pinfo.src_port)
  local receiver = side_of(conversation, pinfo.dst, pinfo.dst_port)
  local length = tvb:len()
  if sender.broken and sender.broken < pinfo.number then
    pinfo.cols.protocol = "Gotalk"
    tree:add(gotalk, tvb(offset), "Gotalk, behind a malformed message")
    return length
  end
  local function fail(text)
    if not pinfo.visited then
      sender.broken = pinfo.number
    end
    local item = tree:add(gotalk, tvb(offset), "Gotalk, malformed")
    add_malformed(item, tvb(offset), text)
    note(pinfo, "Malformed: " .. text)
    return length
  end
  while offset < length do
    local message, missing, wrong
    if tvb(offset, 1):string() == "0" then
      -- No kind has this letter: it is the version.
      if offset + 2 > length then
        return offset, 1
      end
      local version = tvb(offset, 2):raw()
      if version ~= "00" and version ~= "01" then
        return fail("unsupported version " .. escaped(version))
      end
      if not pinfo.visited then
        -- Ports can be those of an earlier connection.
        conversation.version = version
        sender.open, sender.broken = {}, nil
      end
      local item = tree:add(gotalk, tvb(offset, 2), "Gotalk, version " .. version)
      item:add(f.version, tvb(offset, 2))
      note(pinfo, "Version " .. version)
      offset = offset + 2
    else
      message, missing, wrong = parse(tvb, offset, conversation.version)
      if wrong then
        return fail(wrong)
      end
      if message == nil then
        return offset, missing
      end
      local at = found_in(pinfo)
      local memory, frame = remembered(pinfo, "messages", function()
        return { request = message.values.id and find_request(message, sender, receiver, pinfo) }
      end)
      local words = add_message(tree, tvb, message, memory, pinfo)
      frame.words = show(pinfo, words, at)
      offset = offset + message.length
    end
  end
  return length
end

function gotalk.dissector(tvb, pinfo, tree)
  local offset, missing = read(tvb, 0, pinfo, tree)
  if offset < tvb:len() then
    pinfo.desegment_offset = offset
    pinfo.desegment_len = missing or DESEGMENT_ONE_MORE_SEGMENT
  end
  return tvb:len()
end

-- WebSocket messages can hold a part of a Gotalk message, or many: the bytes
-- that wait are put in front of the next ones.
local function dissect_websocket(tvb, pinfo, tree)
  local conversation = conversation_of(pinfo)
  conversation.is_websocket = true
  local sender = side_of(conversation, pinfo.src, pinfo.src_port)
  local chunk = remembered(pinfo, "chunks", function()
    return { before = sender.waiting, wanted = sender.wanted }
  end)
  local all = tvb
  if chunk.before and #chunk.before > 0 then
    local size = tvb:len()
    for _, bytes in ipairs(chunk.before) do
      size = size + bytes:len()
    end
    if chunk.wanted and size < chunk.wanted then
      pinfo.cols.protocol = "Gotalk"
      tree:add(gotalk, tvb(), "Gotalk, part of a message")
      if not pinfo.visited then
        local waiting = { table.unpack(chunk.before) }
        waiting[#waiting + 1] = tvb:bytes()
        sender.waiting = waiting
      end
      return tvb:len()
    end
    local bytes = ByteArray.new()
    for _, before in ipairs(chunk.before) do
      bytes:append(before)
    end
    bytes:append(tvb:bytes())
    all = bytes:tvb("Gotalk")
  end
  local offset, missing = read(all, 0, pinfo, tree)
  local rest = all:len() - offset
  if rest > 0 then
    pinfo.cols.protocol = "Gotalk"
    tree:add(gotalk, all(offset), "Gotalk, beginning of a message")
  end
  if not pinfo.visited then
    -- bytes() returns more than the bytes.
    sender.waiting = rest > 0 and { (all(offset):bytes()) } or {}
    sender.wanted = missing and rest + missing or nil
  end
  return tvb:len()
end

local websocket = Proto("gotalk_websocket", "Gotalk over WebSocket")
websocket.dissector = dissect_websocket

-- Whether bytes begin a conversation.
local function begins(tvb)
  local length = tvb:len()
  if length < 2 then
    return false
  end
  local start = tvb(0, math.min(length, 3)):raw()
  return start:match("^0[01]$") ~= nil or start:match("^0[01][rspRSEenhf]$") ~= nil
end

gotalk:register_heuristic("tcp", function(tvb, pinfo, tree)
  if not begins(tvb) then
    return false
  end
  pinfo.conversation = gotalk
  gotalk.dissector(tvb, pinfo, tree)
  return true
end)

websocket:register_heuristic("ws", function(tvb, pinfo, tree)
  if not conversation_of(pinfo).is_websocket and not begins(tvb) then
    return false
  end
  dissect_websocket(tvb, pinfo, tree)
  return true
end)

local registered = ""

function gotalk.prefs_changed()
  if gotalk.prefs.ports == registered then
    return
  end
  for name, protocol in pairs({ ["tcp.port"] = gotalk, ["ws.port"] = websocket }) do
    local ports = DissectorTable.get(name)
    if registered ~= "" then
      ports:remove(registered, protocol)
    end
    if gotalk.prefs.ports ~= "" then
      ports:add(gotalk.prefs.ports, protocol)
    end
  end
  registered = gotalk.prefs.ports
end

DissectorTable.get("tcp.port"):add_for_decode_as(gotalk)
