#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static void skip_space(const char **at)
{
    *at += strspn(*at, " \t\r\n");
}

/* Skips a word, after space. Returns 0 if it is not there. */
static int skip(const char **at, const char *word)
{
    skip_space(at);
    size_t size = strlen(word);
    if (strncmp(*at, word, size) != 0)
        return 0;
    *at += size;
    return 1;
}

/* Writes a character in UTF-8, and returns what is behind it. */
static char *put_utf8(char *out, unsigned long code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xf0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

/* Reads four hexadecimal digits. Returns 0 if they are not there. */
static int read_unit(const char **at, unsigned long *unit)
{
    char digits[5] = {0}, *end;
    strncpy(digits, *at, 4);
    if (strspn(digits, "0123456789abcdefABCDEF") != 4)
        return 0;
    *unit = strtoul(digits, &end, 16);
    *at += 4;
    return 1;
}

/* Reads what follows a backslash. Returns NULL if it is wrong. */
static char *read_escape(const char **at, char *out)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    unsigned long code, low;
    char letter = *(*at)++;
    const char *name = letter == '\0' ? NULL : strchr(names, letter);
    if (name != NULL) {
        *out = meanings[name - names];
        return out + 1;
    }
    if (letter != 'u' || !read_unit(at, &code))
        return NULL;
    if (code >= 0xd800 && code < 0xdc00 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        *at += 2;
        if (!read_unit(at, &low))
            return NULL;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    return put_utf8(out, code);
}

/* Reads a string. Returns NULL if there is none. */
static char *read_string(const char **at)
{
    if (!skip(at, "\""))
        return NULL;
    /* What is read is never longer than what is written. */
    char *text = allocate(strlen(*at) + 1), *out = text;
    for (;;) {
        size_t plain = strcspn(*at, "\"\\");
        memcpy(out, *at, plain);
        out += plain;
        *at += plain;
        if (**at == '\\') {
            ++*at;
            out = read_escape(at, out);
            if (out == NULL)
                break;
        } else if (**at == '"') {
            ++*at;
            return realloc(text, (size_t)(out - text) + 1);
        } else {
            break;
        }
    }
    free(text);
    return NULL;
}

static struct json *read_value(const char **at);

/* Reads the members of an object or the items of an array, behind its bracket. Returns 0 if they are wrong. */
static int read_members(const char **at, struct json *value, const char *end)
{
    struct json **last = &value->first;
    if (skip(at, end))
        return 1;
    do {
        char *name = NULL;
        if (value->kind == JSON_OBJECT && ((name = read_string(at)) == NULL || !skip(at, ":"))) {
            free(name);
            return 0;
        }
        *last = read_value(at);
        if (*last == NULL) {
            free(name);
            return 0;
        }
        (*last)->name = name;
        last = &(*last)->next;
    } while (skip(at, ","));
    return skip(at, end);
}

static struct json *read_value(const char **at)
{
    struct json *value = allocate(sizeof *value);
    int good = 1;
    skip_space(at);
    if (skip(at, "{")) {
        value->kind = JSON_OBJECT;
        good = read_members(at, value, "}");
    } else if (skip(at, "[")) {
        value->kind = JSON_ARRAY;
        good = read_members(at, value, "]");
    } else if (**at == '"') {
        value->kind = JSON_STRING;
        good = (value->text = read_string(at)) != NULL;
    } else if (skip(at, "true")) {
        value->kind = JSON_TRUE;
    } else if (skip(at, "false")) {
        value->kind = JSON_FALSE;
    } else if (!skip(at, "null")) {
        char *end;
        value->kind = JSON_NUMBER;
        value->number = strtod(*at, &end);
        good = end != *at;
        *at = end;
    }
    if (good)
        return value;
    json_free(value);
    return NULL;
}

struct json *json_read(const char *text)
{
    struct json *value = read_value(&text);
    skip_space(&text);
    if (value == NULL || *text == '\0')
        return value;
    json_free(value);
    return NULL;
}

void json_free(struct json *value)
{
    while (value != NULL) {
        struct json *next = value->next;
        json_free(value->first);
        free(value->text);
        free(value->name);
        free(value);
        value = next;
    }
}

const struct json *json_get(const struct json *value, const char *name)
{
    if (value == NULL || value->kind != JSON_OBJECT)
        return NULL;
    for (value = value->first; value != NULL; value = value->next)
        if (strcmp(value->name, name) == 0)
            return value;
    return NULL;
}

const char *json_text(const struct json *value)
{
    return value != NULL && value->kind == JSON_STRING ? value->text : "";
}

double json_number(const struct json *value)
{
    return value != NULL && value->kind == JSON_NUMBER ? value->number : -1;
}

void json_print(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            printf("\\u%04x", (unsigned char)*text);
        else
            putchar(*text);
    }
    putchar('"');
}
