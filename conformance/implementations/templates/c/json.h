/* Reads a line of JSON. */

#ifndef JSON_H
#define JSON_H

#include <stddef.h>

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* A value. The members of an object and the items of an array are a list: `first`, and `next` of each. */
struct json {
    enum json_kind kind;
    double number;
    char *text;         /* a string in UTF-8, which ends with a NUL */
    char *name;         /* the name of a member of an object */
    struct json *first; /* of an array or object; NULL if it is empty */
    struct json *next;
};

/* Reads a value. Returns NULL if the text is not JSON. */
struct json *json_read(const char *text);

/* Frees a value, which may be NULL. */
void json_free(struct json *value);

/* Returns the member of an object. Returns NULL if there is none, or if the value is no object. */
const struct json *json_get(const struct json *value, const char *name);

/* Returns the string of a value, or "" if it is no string, or NULL. */
const char *json_text(const struct json *value);

/* Returns the number of a value, or -1 if it is no number, or NULL. */
double json_number(const struct json *value);

/* Prints a string in quotes. */
void json_print(const char *text);

#endif
