#include "websocket.h"
#include "fail.h"
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void send_bytes(int socket, const char *bytes, size_t length) {
  while (length) {
    ssize_t written = write(socket, bytes, length);
    if (written < 0 && errno == EAGAIN) {
      struct pollfd writable = {.fd = socket, .events = POLLOUT};
      poll(&writable, 1, 1000);
      continue;
    }
    if (written < 0) fail("cannot write to the server: %s", strerror(errno));
    bytes += written;
    length -= (size_t)written;
  }
}

void send_frame(int socket, int opcode, int final, const char *payload, size_t length) {
  // A client masks what it sends. The key does not matter here: nothing between the two could be confused by the bytes.
  static const unsigned char key[4] = {0x5a, 0x17, 0xc3, 0x88};
  unsigned char *frame = malloc(length + 14);
  size_t head = 2;
  if (!frame) fail("no memory for a frame of %zu bytes", length);
  frame[0] = (unsigned char)((final ? 0x80 : 0) | opcode);
  if (length < 126) {
    frame[1] = (unsigned char)(0x80 | length);
  } else {
    int size = length < 65536 ? 2 : 8;
    frame[1] = (unsigned char)(0x80 | (size == 2 ? 126 : 127));
    for (int at = 0; at < size; at++) frame[2 + at] = (unsigned char)((uint64_t)length >> (8 * (size - 1 - at)));
    head += (size_t)size;
  }
  memcpy(frame + head, key, sizeof key);
  head += sizeof key;
  for (size_t at = 0; at < length; at++) frame[head + at] = (unsigned char)payload[at] ^ key[at % 4];
  send_bytes(socket, (char *)frame, head + length);
  free(frame);
}

void send_text(int socket, const char *text, size_t length, size_t largest) {
  for (size_t at = 0; at == 0 || at < length;) {
    size_t part = length - at < largest ? length - at : largest;
    send_frame(socket, at ? CONTINUATION : TEXT, at + part == length, text + at, part);
    at += part;
    if (!part) break;
  }
}

size_t read_frame(char *bytes, size_t length, struct frame *frame) {
  unsigned char *head = (unsigned char *)bytes;
  size_t payload, start = 2;
  if (length < 2) return 0;
  payload = head[1] & 0x7f;
  if (payload >= 126) {
    size_t size = payload == 126 ? 2 : 8;
    start += size;
    if (length < start) return 0;
    payload = 0;
    for (size_t at = 0; at < size; at++) payload = payload << 8 | head[2 + at];
  }
  if (length - start < payload) return 0;
  *frame = (struct frame){.opcode = head[0] & 15, .final = head[0] >> 7, .payload = bytes + start, .length = payload};
  return start + payload;
}
