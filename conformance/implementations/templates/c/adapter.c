/* An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line, and
   reads its answers. The page "Adapters" of the suite defines them. Commands that are not written yet are
   skipped; their cases fail or do not apply. Write to standard error whatever you like to see. */

#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "json.h"

/* The description of the implementation. Add to the lists what it supports: to the roles
   "acceptor":["tcp"], to the operations "echo" and so on, to the features "streams" and so on. */
static const char description[] =
    ",\"implementation\":{\"name\":\"my-gotalk\",\"version\":\"0.0.0\",\"language\":\"c\"},"
    "\"roles\":{},\"versions\":[\"01\"],\"operations\":[],"
    "\"limits\":{\"name\":4095,\"payload\":4294967295},\"features\":[\"codec\"]";

/* What carries out a command prints the fields of the answer behind the first one, `seq`. */

static void skipped(const struct json *command)
{
    (void)command;
    printf(",\"skipped\":{\"reason\":\"this adapter does not do that yet\"}");
}

static void errored(const char *message, const char *detail)
{
    char text[200];
    snprintf(text, sizeof text, "%s %s", message, detail);
    printf(",\"errored\":{\"message\":");
    json_print(text);
    printf("}");
}

static void nothing(const struct json *command)
{
    (void)command;
}

static void start(const struct json *command)
{
    if (json_number(json_get(command, "protocol")) == 1)
        printf("%s", description);
    else
        errored("this adapter speaks protocol", "1");
}

/* Writes the bytes in hexadecimal digits to a buffer of half their size, and returns their number. */
static size_t from_hex(const char *digits, unsigned char *bytes)
{
    size_t size = strlen(digits) / 2;
    for (size_t at = 0; at < size; at++) {
        char pair[3] = {digits[2 * at], digits[2 * at + 1], '\0'};
        bytes[at] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return size;
}

static void decode(const struct json *command)
{
    if (json_get(command, "handshake") || json_get(command, "end") || json_get(command, "limits")) {
        skipped(command);
        return;
    }
    struct decoder decoder = {0};
    struct message message;
    const struct json *chunks = json_get(command, "chunks");
    int index = 0, delivered = 0, refused_at = 0;
    printf(",\"messages\":[");
    for (const struct json *chunk = chunks ? chunks->first : NULL; chunk; chunk = chunk->next, index++) {
        const char *digits = json_text(chunk);
        unsigned char *bytes = malloc(strlen(digits) / 2 + 1);
        if (bytes == NULL)
            abort();
        decoder_push(&decoder, bytes, from_hex(digits, bytes));
        free(bytes);
        while (decoder_next(&decoder, &message))
            printf("%s{\"chunk\":%d,\"message\":{\"kind\":\"Heartbeat\",\"load\":%u,\"time\":%lu}}",
                   delivered++ ? "," : "", index, (unsigned)message.load, (unsigned long)message.time);
        refused_at = index;
        if (decoder.refused != NULL)
            break;
    }
    printf("]");
    if (decoder.refused != NULL)
        printf(",\"refused\":{\"chunk\":%d,\"reason\":\"%s\",\"code\":%d}", refused_at, decoder.refused,
               INVALID_MESSAGE);
    decoder_free(&decoder);
}

static void encode_message(const struct json *command)
{
    const struct json *message = json_get(command, "message");
    if (message == NULL) { /* the version itself */
        skipped(command);
        return;
    }
    const char *kind = json_text(json_get(message, "kind"));
    if (strcmp(kind, "Heartbeat") != 0) {
        errored("cannot yet write a", kind);
        return;
    }
    double load = json_number(json_get(message, "load")), time = json_number(json_get(message, "time"));
    if (load < 0 || load > UINT16_MAX || time < 0 || time > UINT32_MAX) {
        printf(",\"refused\":{\"reason\":\"out-of-range\"}");
        return;
    }
    unsigned char bytes[HEARTBEAT_SIZE];
    size_t size = encode(&(struct message){.load = (uint16_t)load, .time = (uint32_t)time}, bytes);
    printf(",\"bytes\":\"");
    for (size_t at = 0; at < size; at++)
        printf("%02x", bytes[at]);
    printf("\"");
}

static const struct {
    const char *name;
    void (*carry_out)(const struct json *command);
} commands[] = {
    {"start", start},
    {"decode", decode},
    {"encode", encode_message},
    {"listen", skipped},
    {"connect", skipped},
    {"request", skipped},
    {"notify", skipped},
    {"open-stream", skipped},
    {"write", skipped},
    {"end", skipped},
    {"cancel", skipped},
    {"report", skipped},
    {"close", skipped},
    {"drain", skipped},
    {"advance", skipped},
    {"reset", nothing}, /* Close all listeners and connections here. */
    {"stop", nothing},
};

static void carry_out(const char *name, const struct json *command)
{
    for (size_t at = 0; at < sizeof commands / sizeof *commands; at++) {
        if (strcmp(commands[at].name, name) == 0) {
            commands[at].carry_out(command);
            return;
        }
    }
    errored("unknown command", name);
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    int stopped = 0;
    /* One command after the other. A command that waits, such as report, needs a thread of its own, so that the
       next ones are read. */
    while (!stopped && getline(&line, &capacity, stdin) != -1) {
        struct json *command = json_read(line);
        const struct json *seq = json_get(command, "seq");
        const char *name = json_text(json_get(command, "command"));
        if (seq != NULL && seq->kind == JSON_NUMBER)
            printf("{\"seq\":%.0f", seq->number);
        else
            printf("{\"seq\":null");
        if (command != NULL)
            carry_out(name, command);
        else
            errored("this line is no", "JSON");
        printf("}\n");
        fflush(stdout);
        stopped = strcmp(name, "stop") == 0;
        json_free(command);
    }
    free(line);
    return 0;
}
