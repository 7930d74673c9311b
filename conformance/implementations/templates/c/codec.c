#include "codec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void decoder_push(struct decoder *decoder, const unsigned char *bytes, size_t size)
{
    if (size == 0)
        return;
    decoder->bytes = realloc(decoder->bytes, decoder->size + size);
    if (decoder->bytes == NULL)
        abort();
    memcpy(decoder->bytes + decoder->size, bytes, size);
    decoder->size += size;
}

static int digit_value(unsigned char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

/* Reads the number in hexadecimal digits at an offset. Returns 0 if some are yet to arrive, or are wrong. */
static int read_number(struct decoder *decoder, size_t offset, size_t digits, uint32_t *number)
{
    *number = 0;
    for (size_t at = offset; at < offset + digits; at++) {
        if (at >= decoder->size)
            return 0;
        int digit = digit_value(decoder->bytes[at]);
        if (digit < 0) {
            decoder->refused = "bad-hex";
            return 0;
        }
        *number = *number << 4 | (uint32_t)digit;
    }
    return 1;
}

int decoder_next(struct decoder *decoder, struct message *message)
{
    uint32_t load, time;
    if (decoder->refused != NULL || decoder->size == 0)
        return 0;
    if (decoder->bytes[0] != 'h') {
        decoder->refused = "unknown-kind";
        return 0;
    }
    if (!read_number(decoder, 1, 4, &load) || !read_number(decoder, 5, 8, &time))
        return 0;
    decoder->size -= HEARTBEAT_SIZE;
    memmove(decoder->bytes, decoder->bytes + HEARTBEAT_SIZE, decoder->size);
    message->load = (uint16_t)load;
    message->time = time;
    return 1;
}

void decoder_free(struct decoder *decoder)
{
    free(decoder->bytes);
}

size_t encode(const struct message *message, unsigned char bytes[HEARTBEAT_SIZE])
{
    char text[HEARTBEAT_SIZE + 1];
    snprintf(text, sizeof text, "h%04" PRIx16 "%08" PRIx32, message->load, message->time);
    memcpy(bytes, text, HEARTBEAT_SIZE);
    return HEARTBEAT_SIZE;
}
