/* inside.h - the parts of the room, for each other only. */
#ifndef POSTERN_PICTURE_INSIDE_H
#define POSTERN_PICTURE_INSIDE_H

#include "postern/picture.h"

/* --- exif.c --------------------------------------------------------------- */
#define EXIF_UPRIGHT 1 /* as it lies in the file; nothing need be said */
#define EXIF_HEAD    6 /* "Exif" and two zeros, in a JPEG only */
#define EXIF_BYTES   26

/* 1 to 8; EXIF_UPRIGHT when the block says nothing that can be understood. */
unsigned int exif_orientation(const uint8_t *bytes, size_t len);
/* A block that says nothing else; the first EXIF_HEAD bytes are the head. */
void exif_make(unsigned int orientation, uint8_t ret[EXIF_HEAD + EXIF_BYTES]);

/* Each as picture_strip(). */
int jpeg_strip(const uint8_t *bytes, size_t len,
	       const struct picture_limits *limits, struct buf *ret,
	       struct err *err);
int png_strip(const uint8_t *bytes, size_t len,
	      const struct picture_limits *limits, struct buf *ret,
	      struct err *err);
int webp_strip(const uint8_t *bytes, size_t len,
	       const struct picture_limits *limits, struct buf *ret,
	       struct err *err);

#endif
