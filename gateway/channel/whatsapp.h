/* whatsapp.h - the parts of this driver, for each other only. */
#ifndef POSTERN_CHANNEL_WHATSAPP_H
#define POSTERN_CHANNEL_WHATSAPP_H

#include <openssl/evp.h>
#include <stdatomic.h>

#include "event_make.h"
#include "jsonin.h"
#include "postern/channel.h"

#define WHATSAPP_BODY_MAX (4u * 1024 * 1024)
/* 24 h less a margin for clocks and the way (channels.md 5.5). */
#define WHATSAPP_WINDOW_MS	((24 * 60 * 60 - 60) * INT64_C(1000))
#define WHATSAPP_RATE_PER_S	80
#define WHATSAPP_SIGNATURE	"X-Hub-Signature-256"
#define WHATSAPP_CHALLENGE_MAX	256
#define WHATSAPP_MEDIA_HOSTS	8
#define WHATSAPP_MEDIA_FALLBACK "fbsbx.com fbcdn.net whatsapp.net"

/* Begun anew for each request, which costs half of a copy of keyed. */
struct whatsapp_spare {
	EVP_MAC_CTX *ctx;
	atomic_flag busy;
};

struct whatsapp_hmac {
	EVP_MAC *mac;	    /* fetched once */
	EVP_MAC_CTX *keyed; /* copied while spare is busy, never updated */
	struct whatsapp_spare *spare;
};

struct whatsapp {
	struct channel channel;
	char phone_number_id[65];
	char api[1024]; /* without a slash at the end */
	/* Intake. */
	struct whatsapp_hmac hmac;
	struct secret verify_token;
	/* Worker: "Bearer ..." and the hex proof, empty if not demanded. */
	struct secret bearer;
	char proof[65];
	char *texts; /* the lists below point in here */
	const char *allow[HTTP_ALLOW_MAX];
	size_t allow_len;
	const char *hosts[WHATSAPP_MEDIA_HOSTS + HTTP_ALLOW_MAX];
	size_t hosts_len;
};

/* --- whatsapp_signature.c ------------------------------------------------- */
/* ERR_INPUT for an empty secret; ERR_NOMEM.  The key stays inside. */
int whatsapp_hmac_open(struct whatsapp_hmac *h, const struct secret *key,
		       struct err *err);
void whatsapp_hmac_close(struct whatsapp_hmac *h); /* accepts empty */
int whatsapp_hmac(const struct whatsapp_hmac *h, const void *bytes, size_t len,
		  uint8_t ret[32], struct err *err);
/* "sha256=" and 64 hex digits, nothing else. */
bool whatsapp_signature_parse(const char *value, size_t len, uint8_t ret[32]);
enum channel_admission whatsapp_admit(const struct channel *ch,
				      const struct channel_request *rq,
				      struct buf *ret_answer);

/* --- whatsapp_parse.c, whatsapp_parse_messages.c -------------------------- */
/* Where in the body the parser is. */
struct whatsapp_value {
	struct event_list *list;
	const char *account;	    /* kept in the list */
	const char *field;	    /* kept in the list; NULL: none */
	const struct jsonin *value; /* object */
};

int whatsapp_parse(const uint8_t *body, size_t body_len,
		   struct event_list **ret, struct err *err);
struct event *whatsapp_event(const struct whatsapp_value *v,
			     enum event_kind kind);
/* Authentic, but not for us or not usable: counted, nothing else. */
void whatsapp_ignored(const struct whatsapp_value *v);
const char *whatsapp_keep_id(const struct whatsapp_value *v,
			     const struct jsonin *object, const char *key);
/* A phone number as id, without '+'. */
const char *whatsapp_phone(const struct jsonin *object, const char *key);
/* The first code of object.errors; 0 = none. */
int64_t whatsapp_error_code(const struct jsonin *object);
void whatsapp_parse_message(const struct whatsapp_value *v,
			    const struct jsonin *m);
void whatsapp_parse_echo(const struct whatsapp_value *v,
			 const struct jsonin *m);

/* --- whatsapp_send.c, whatsapp_errors.c ----------------------------------- */
int whatsapp_request(const struct channel *ch, const struct channel_act *act,
		     struct http_call *ret, struct err *err);
void whatsapp_answer(const struct channel *ch, const struct channel_act *act,
		     const struct http_reply *reply,
		     struct channel_outcome *ret);
/* Does this code mean that the person stopped marketing messages? */
bool whatsapp_error_stops(int64_t code);

extern const struct channel_driver whatsapp_driver;

#endif
