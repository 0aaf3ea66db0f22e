/* webhook.h - inside the driver "webhook". */
#ifndef POSTERN_HELPDESK_WEBHOOK_H
#define POSTERN_HELPDESK_WEBHOOK_H

#include <openssl/evp.h>

#include "postern/buf.h"
#include "postern/helpdesk.h"

extern const struct helpdesk_driver helpdesk_webhook;

/* Longest body that is sent. */
#define WEBHOOK_BODY_MAX (1024u * 1024)

/*
 * webhook_body - the JSON of one note.
 *
 *   ret	appended to; its cap bounds the body.
 *
 * ERR_INPUT: a type nobody wrote down, text that is not UTF-8, too long.
 * Source: design.md 4.3; docs/helpdesk.md.
 */
int webhook_body(const struct helpdesk_note *note, struct buf *ret,
		 struct err *err);

#define WEBHOOK_KEY_MIN 24
#define WEBHOOK_KEY_MAX 64

/* The key inside a secret file: "whsec_" and base64 of 24 to 64 bytes, or 24
 * to 64 bytes as they are.  false if it is neither. */
bool webhook_key(const void *text, size_t text_len,
		 uint8_t ret[WEBHOOK_KEY_MAX], size_t *ret_len);

/* --- webhook_sign.c -------------------------------------------------------
 */
/* "v1," and base64 of HMAC-SHA256(key, id "." timestamp "." body). */
#define WEBHOOK_SIGNATURE_BYTES (3 + 44 + 1)

/* One key, ready to sign; empty: no key.  One thread. */
struct webhook_mac {
	EVP_MAC_CTX *keyed;
};

/* ERR_NOMEM.  The key is copied. */
int webhook_mac_open(struct webhook_mac *m, const uint8_t *key, size_t key_len,
		     struct err *err);
void webhook_mac_close(struct webhook_mac *m); /* wipes; accepts empty */
int webhook_sign(const struct webhook_mac *m, const char *id,
		 const char *timestamp, const void *body, size_t body_len,
		 char ret[WEBHOOK_SIGNATURE_BYTES], struct err *err);

#endif
