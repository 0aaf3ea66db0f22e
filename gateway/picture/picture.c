/* picture.c - which kind of picture, and how much of one. */
#include "picture/inside.h"

#include <string.h>

/* A telephone's largest usual picture has 50 megapixels; half the colour
 * resolution makes three bytes of coefficients of a pixel. */
const struct picture_limits picture_limits_usual = {
    .pixels = 50000000,
    .work = 600000000,
    .memory = 160u << 20,
    .frames = 500,
};

enum picture_kind picture_kind_of(const void *bytes, size_t len)
{
	static const char jpeg[] = "\xff\xd8\xff", png[] = "\x89PNG\r\n\x1a\n";
	const char *at = bytes;

	if (len >= 3 && memcmp(at, jpeg, 3) == 0)
		return PICTURE_JPEG;
	if (len >= 8 && memcmp(at, png, 8) == 0)
		return PICTURE_PNG;
	if (len >= 12 && memcmp(at, "RIFF", 4) == 0 &&
	    memcmp(at + 8, "WEBP", 4) == 0)
		return PICTURE_WEBP;
	return PICTURE_NONE;
}

int picture_strip(const void *bytes, size_t len,
		  const struct picture_limits *limits, struct buf *ret,
		  struct err *err)
{
	switch (picture_kind_of(bytes, len)) {
	case PICTURE_JPEG:
		return jpeg_strip(bytes, len, limits, ret, err);
	case PICTURE_PNG:
		return png_strip(bytes, len, limits, ret, err);
	case PICTURE_WEBP:
		return webp_strip(bytes, len, limits, ret, err);
	default:
		return ERR_SET(err, ERR_INPUT, "no picture", 0);
	}
}
