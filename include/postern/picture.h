/* picture.h - pictures without what the camera wrote beside them.
 *
 * What is kept: the picture itself, its colour profile, which side is up.
 * Everything else goes: place, time, device, maker notes, thumbnails,
 * comments, bytes after the end. */
#ifndef POSTERN_PICTURE_H
#define POSTERN_PICTURE_H

#include "postern/buf.h"
#include "postern/err.h"

enum picture_kind { PICTURE_NONE, PICTURE_JPEG, PICTURE_PNG, PICTURE_WEBP };

/* So many first bytes are enough for picture_kind_of. */
#define PICTURE_HEAD_BYTES 12

struct picture_limits {
	uint64_t pixels;     /* width times height */
	uint64_t work;	     /* pixels times passes over them */
	uint64_t memory;     /* of the picture unpacked, in bytes */
	unsigned int frames; /* of an animation */
};

/* What a picture of a telephone stays below. */
extern const struct picture_limits picture_limits_usual;

/* By the first bytes, whatever the sender called it. */
enum picture_kind picture_kind_of(const void *bytes, size_t len);

/* picture_strip - appends the picture without its other data to *ret.
 *
 * Returns 0, or -1 with ERR_INPUT (unreadable, cut off, past a limit, larger
 * than *ret may grow) or ERR_NOMEM.  *ret may hold a part then. */
int picture_strip(const void *bytes, size_t len,
		  const struct picture_limits *limits, struct buf *ret,
		  struct err *err);

#endif
