/* The beginning of an implementation, which reads and writes Heartbeats. Write the other kinds here, or call
   your own implementation in adapter.c instead. */

#ifndef CODEC_H
#define CODEC_H

#include <stddef.h>
#include <stdint.h>

/* The code of a ProtocolError for bytes that are no message. */
enum { INVALID_MESSAGE = 2 };

/* A Heartbeat. Add the other kinds. */
struct message {
    uint16_t load;
    uint32_t time;
};

/* Reads messages from bytes that arrive in pieces. Zero-initialised, it is ready. */
struct decoder {
    unsigned char *bytes;
    size_t size;
    const char *refused; /* why bytes have been refused, or NULL */
};

/* Takes bytes that have arrived. */
void decoder_push(struct decoder *decoder, const unsigned char *bytes, size_t size);

/* Reads the next message. Returns 0 if it is not complete yet, or if the bytes are refused. */
int decoder_next(struct decoder *decoder, struct message *message);

/* Frees what a decoder holds. */
void decoder_free(struct decoder *decoder);

/* Writes a message, and returns its size. */
enum { HEARTBEAT_SIZE = 13 };
size_t encode(const struct message *message, unsigned char bytes[HEARTBEAT_SIZE]);

#endif
