/* signednote.h - what the files of signed notes share. */
#ifndef POSTERN_PROOF_SIGNEDNOTE_H
#define POSTERN_PROOF_SIGNEDNOTE_H

#include "postern/signednote.h"

#define DASH	      "\xe2\x80\x94 " /* em dash, space: a signature line */
#define KEY_ID_BYTES  4
#define ED25519_BYTES 64
#define TIME_BYTES    8
/* "cosignature/v1\ntime N\n" */
#define COSIGNED_MAX (64 + NOTE_TEXT_MAX)

/* note_name_valid of any length. */
bool note_name_plain(const char *name, size_t len);
/* A text that a note can have. */
bool note_text_valid(const char *text, size_t len);
/* What a cosignature signs; its length. */
size_t note_cosigned(const char *body, size_t body_len, uint64_t time_s,
		     uint8_t ret[COSIGNED_MAX]);

#endif
