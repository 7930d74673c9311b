import { assertEquals, assertThrows } from "@std/assert";
import { durationOption, integerOption, parseArguments } from "./arguments.ts";
import { UsageError } from "./command.ts";

const DECLARED = {
  words: ["URL", "[INPUT]"],
  options: [
    { name: "json", about: "" },
    { name: "timeout", value: "DURATION", about: "" },
    { name: "header", value: "NAME:VALUE", repeats: true, about: "" },
  ],
};

function parse(...args: string[]) {
  return parseArguments(args, DECLARED);
}

Deno.test("options, flags and words are told apart, wherever they stand", () => {
  const { words, values, lists, flags } = parse(
    "--json",
    "true",
    "--timeout=2s",
    "--header",
    "a:-1",
    "-5",
    "--header=b:x=y",
  );
  assertEquals(words, ["true", "-5"]);
  assertEquals(values, { timeout: "2s" });
  assertEquals(lists, { header: ["a:-1", "b:x=y"] });
  assertEquals([...flags], ["json"]);
});

Deno.test("everything after -- is a word, and so is a dash", () => {
  assertEquals(parse("-", "--", "--json").words, ["-", "--json"]);
  assertEquals(parse("url", "").words, ["url", ""]);
});

Deno.test("wrong arguments are refused with what is wrong", () => {
  const cases: [string[], string][] = [
    [[], "URL is missing"],
    [["a", "b", "c"], "there is one argument too many: c"],
    [["a", "--nope"], "there is no option --nope"],
    [["a", "--nope=1"], "there is no option --nope;"],
    [["a", "-j"], "there is no option -j"],
    [["a", "-json"], "there is no option -json"],
    [["a", "--timeout"], "--timeout has no value, wanted DURATION"],
    [["a", "--json=yes"], "--json takes no value, got yes"],
    [["a", "--timeout", "1", "--timeout", "2"], "--timeout is given twice"],
    [["a", "--json", "--json"], "--json is given twice"],
    [["a", "--__proto__", "1"], "there is no option --__proto__"],
  ];
  for (const [args, message] of cases) {
    assertThrows(() => parse(...args), UsageError, message);
  }
});

Deno.test("durations have units, and are seconds without one", () => {
  const duration = (text: string) =>
    durationOption(parse("url", "--timeout", text), "timeout", 7);
  assertEquals(durationOption(parse("url"), "timeout", 7), 7);
  assertEquals(
    ["500ms", "2s", "1m", "3", "0.5"].map(duration),
    [500, 2_000, 60_000, 3_000, 500],
  );
  for (const wrong of ["", "0", "-1", "1h", "1e3", "x", "99999999m", "1 s"]) {
    assertThrows(() => duration(wrong), UsageError, "wanted a duration");
  }
});

Deno.test("integers have a least value", () => {
  const integer = (text: string) =>
    integerOption(parse("url", "--timeout", text), "timeout", 7);
  assertEquals([integer("1"), integer("20")], [1, 20]);
  for (const wrong of ["0", "-1", "1.5", "x", "", "1e3", "99999999999999999"]) {
    assertThrows(() => integer(wrong), UsageError, "wanted an integer");
  }
});
