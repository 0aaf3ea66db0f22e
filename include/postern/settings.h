/* settings.h - postern.yaml as one immutable struct. */
#ifndef POSTERN_SETTINGS_H
#define POSTERN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/diag.h"
#include "postern/err.h"
#include "postern/name.h"
#include "postern/secret.h"

/* Which process reads: secrets of the others are checked, not kept. */
enum settings_role {
	ROLE_CHECK = 0, /* all files checked, no secret kept */
	ROLE_INTAKE = 1,
	ROLE_WORKER = 2,
	ROLE_KEEPER = 4,
};

enum setting_type {
	SETTING_TEXT,
	SETTING_DIGITS,
	SETTING_URL,
	SETTING_SECRET,
	SETTING_HOSTS /* list of host names */
};

/* What init writes into the file a SECRET of its template names. */
enum secret_made {
	MADE_PLACEHOLDER,  /* only a person can fill it; check remarks it */
	MADE_RANDOM_HEX,   /* 32 random bytes in hex */
	MADE_RANDOM_WHSEC, /* the same as Standard Webhooks writes it */
};

/* One row of a driver's own settings; the manual and the JSON Schema are
 * written from the same rows. */
struct setting_row {
	const char *key;
	enum setting_type type;
	bool required;
	unsigned int roles;	 /* SECRET: which processes hold it */
	enum secret_made made;	 /* SECRET: by init */
	size_t len_min, len_max; /* bytes */
	const char *fallback;	 /* default, or NULL; HOSTS: space-separated */
	const char *help;	 /* one sentence */
};

struct setting_value {
	const char *key;
	const char
	    *text; /* not for secrets; HOSTS: NUL-separated, double NUL */
	struct secret secret;
};

#define SETTINGS_VALUES_MAX 24

struct settings_channel {
	struct name name;
	char type[NAME_LEN_MAX + 1]; /* driver */
	char path[129];		     /* of /hooks/<type>/<path>, >= 128 bit */
	struct {
		char role[16]; /* processor | joint | controller */
		char contract[128], mechanism[32], review[11];
	} provider;
	struct setting_value values[SETTINGS_VALUES_MAX];
	size_t values_len;
};

#define SETTINGS_ALLOW_MAX 16
struct settings_helpdesk {
	struct name name;
	char type[NAME_LEN_MAX + 1];
	char url[1024];
	struct setting_value values[SETTINGS_VALUES_MAX]; /* "secret", ... */
	size_t values_len;
	char allow[SETTINGS_ALLOW_MAX][280]; /* "host:port" or "CIDR:port" */
	size_t allow_len;
	bool confirms;	   /* says itself that it forgot: POST /v1/tellings */
	bool told_expired; /* is told of what time deleted */
};

/* Another machine the proof log speaks with.  Plain http will do: what comes
 * back is signed, and nothing personal goes there. */
#define SETTINGS_WITNESSES_MAX 8
struct settings_peer {
	char vkey[400]; /* of a witness: name+hash+key; "": of a time stamp */
	char url[1024]; /* without a slash at its end */
	char allow[SETTINGS_ALLOW_MAX][280]; /* as of a helpdesk */
	size_t allow_len;
};

/* A company that works for the controller and has data of persons, and that
 * OpenDSR reaches (docs/recipients.md). */
#define SETTINGS_PROCESSORS_MAX 16
#define SETTINGS_KINDS_MAX	8
struct settings_processor {
	struct name name;
	char title[201]; /* how people call it: "Versand Muster GmbH" */
	char purpose[64];
	char domain[254]; /* its OpenDSR domain */
	char url[1024];	  /* with the version, without a slash at its end */
	char certificate[401];	  /* PEM file; as written; "": no callbacks */
	uint8_t *certificate_pem; /* NULL: cannot be read */
	size_t certificate_len;
	char allow[SETTINGS_ALLOW_MAX][280]; /* as of a helpdesk */
	size_t allow_len;
	struct name kinds[SETTINGS_KINDS_MAX]; /* of addresses it knows */
	size_t kinds_len;
	bool every;			/* has data of every person */
	struct setting_value values[1]; /* "token" */
	size_t values_len;
};

/* A controller that passes requests of its customers on to us, as its
 * processor (docs/opendsr.md). */
#define SETTINGS_CONTROLLERS_MAX 16
struct settings_controller {
	struct name name; /* the controller_id of our answers */
	bool verified;	  /* it knows whose requests it passes on */
	struct setting_value values[1]; /* "token" */
	size_t values_len;
};

struct settings_route {
	struct name channel, helpdesk;
};

#define SETTINGS_CHANNELS_MAX  64
#define SETTINGS_HELPDESKS_MAX 32
#define SETTINGS_ROUTES_MAX    128

struct settings {
	char dir[512];
	struct {
		char name[201], contact[401], dpo[255], land[3], timezone[65],
		    language[3];
		char
		    country[8]; /* calling code for numbers without one: "49" */
		/* What records of consent say; "" where it is not told. */
		struct {
			char street[201], postal_code[17], city[101],
			    country[3]; /* "DE" */
		} address;
		char email[255], phone[41], policy_url[401];
	} controller;
	struct {
		char public[280], internal[280]; /* "127.0.0.1:8080" */
	} listen;
	char store[16]; /* engine: store.h */
	/* Addresses that end advertising (unsubscribe.h); url "": none. */
	struct {
		char url[401]; /* https, without a slash at its end */
		struct setting_value values[1]; /* "secret" */
		size_t values_len;
	} unsubscribe;
	/* Where people ask for what the law gives them (docs/portal.md). */
	struct {
		bool enabled;
		char url[401]; /* https, without a slash at its end; "": none is
				  known, and links are paths */
		int64_t asks_per_minute; /* new requests, of everybody */
	} portal;
	/* Copies of the keys (docs/backup.md). */
	struct {
		char keys_max[16]; /* period.h: how long one may be used */
	} backup;
	/* Art. 33 GDPR (docs/breach.md). */
	struct {
		int64_t hours;	     /* until the authority has to know */
		bool high_risk_only; /* threshold: high */
	} breach;
	/* The proof log (docs/ledger.md). */
	struct {
		char origin[256]; /* "": the keeper makes one */
		int64_t checkpoint_minutes, checkpoint_entries;
		char keep[16]; /* period.h, of whole entries: "P10Y" */
		bool publish;
		struct settings_peer *witnesses;
		size_t witnesses_len;
		struct {
			struct settings_peer at; /* url "": no time stamps */
			char root[401];		 /* PEM file; as written */
			uint8_t *root_pem;	 /* NULL: cannot be read */
			size_t root_len;
			int64_t hours; /* between two of them */
		} stamp;
		/* At most one of them; "": none. */
		char officer_folder[401], officer_sendmail[401];
	} ledger;
	/* Requests of data subjects (docs/rights.md). */
	struct {
		int64_t internal_days, warn_days, proof_days, proof_tries,
		    asked_days; /* working days */
		bool chained;	/* extension: 1 + 2 months */
		bool decide;	/* erasure: a person decides on each */
		bool copies;	/* the same of a further copy */
	} rights;
	/* Deletion by time (docs/retention.md). */
	struct {
		int at_minute;	   /* of the controller's day */
		int64_t daily_cap; /* records */
		int64_t few;	   /* more than was approved, and no matter */
		bool kernel_clock; /* is asked whether it is kept right */
	} sweep;
	struct { /* every number has a row in gateway/settings/params.c */
		int64_t intake_threads, connections_max, header_deadline_ms,
		    body_deadline_ms, commit_deadline_ms, disk_low_bytes,
		    reserve_bytes, api_body_max, attempts_max, in_flight_max,
		    media_bytes_max;
	} limits;
	char log_level[8];
	/* Where the root key comes from: "file" (keys/root), "credential",
	 * "passphrase" (keys/root, wrapped; `postern keys unlock`). */
	char keys_source[16], keys_credential[64];
	struct settings_channel *channels;
	size_t channels_len;
	struct settings_helpdesk *helpdesks;
	size_t helpdesks_len;
	struct settings_route *routes;
	size_t routes_len;
	struct settings_processor *processors;
	size_t processors_len;
	/* Requests of other companies, as OpenDSR and DRP bring them. */
	struct {
		char domain[254];	  /* "": not offered */
		char certificate[401];	  /* PEM file of that domain */
		uint8_t *certificate_pem; /* NULL: cannot be read */
		size_t certificate_len;
		struct setting_value values[1]; /* "key" */
		size_t values_len;
		bool weak_hashes;
		char allow[SETTINGS_ALLOW_MAX][280]; /* of callbacks */
		size_t allow_len;
		struct settings_controller *controllers;
		size_t controllers_len;
	} opendsr;
	struct {
		bool enabled;
		char business[65];
		char agents[401]; /* JSON file */
		uint8_t *agents_json;
		size_t agents_len;
		char allow[SETTINGS_ALLOW_MAX][280];
		size_t allow_len;
	} drp;
};

/*
 * settings_load - read DIR/postern.yaml and the secrets it names.
 *
 * Returns 0, or -1 with findings in diag (a secret file that is empty, too
 * short or readable by others is a finding at the line that names it).
 */
int settings_load(const char *dir, enum settings_role role, struct diag *diag,
		  struct settings **ret);

/* Where parsing gets what is not in the bytes.  Every callback may be NULL:
 * then secrets are not read (no value is kept) and zones are not looked up. */
enum secret_source { SECRET_FROM_FILE, SECRET_FROM_CREDENTIAL };
struct settings_source {
	const char *dir;
	enum settings_role role;
	/* The secret of a row, at least row->len_min bytes.  name is as
	 * written: a path (relative to dir) or a credential.  ERR_ABSENT: no
	 * such file; ERR_INPUT: its content or mode is refused. */
	int (*read)(void *ctx, enum secret_source source, const char *name,
		    const struct setting_row *row, struct secret *ret,
		    struct err *err);
	bool (*zone_known)(void *ctx, const char *zone);
	/* Whether this process sees that file, or folder, of dir's. */
	bool (*seen)(void *ctx, const char *name, bool folder);
	void *ctx;
	/* Remarks that stop nothing; NULL: none wanted. */
	struct diag *notes;
	int64_t today; /* caldate.h, UTC; for remarks about dates; 0: none */
};
/*
 * settings_parse - the pure half of settings_load; has a fuzz target.
 *
 * Returns 0, or -1 with findings in diag.
 */
int settings_parse(const uint8_t *bytes, size_t len,
		   const struct settings_source *source, struct diag *diag,
		   struct settings **ret);
/* settings_load with remarks. */
int settings_load_noted(const char *dir, enum settings_role role,
			struct diag *diag, struct diag *notes,
			struct settings **ret);

/* A file in the data directory, at most 1 MiB, as findings: the bytes are the
 * caller's to free. */
int settings_read_file(const char *dir, const char *name, struct diag *diag,
		       uint8_t **ret, size_t *ret_len);

/* $CREDENTIALS_DIRECTORY/name, or /run/credentials/postern.service/name when
 * that variable is not set.  Returns 0, or -1 with ERR_INPUT: too long. */
int settings_credential_path(const char *name, char *ret, size_t ret_size,
			     struct err *err);
void settings_free(struct settings **s); /* wipes secrets */

const char *setting_text(const struct setting_value *values, size_t len,
			 const char *key);
const struct secret *setting_secret(const struct setting_value *values,
				    size_t len, const char *key);

const struct settings_channel *settings_channel(const struct settings *s,
						const struct name *name);
const struct settings_helpdesk *settings_helpdesk(const struct settings *s,
						  const struct name *name);
/* The helpdesk a channel's messages go to, or NULL. */
const struct settings_helpdesk *settings_route(const struct settings *s,
					       const struct name *channel);

/* settings_init - makes a data directory (verb init).  Never replaces a file
 * or a key.  template_name: one of policy/templates. */
struct settings_init_conf {
	const char *dir, *template_name;
	const char *passphrase_file;   /* NULL: key file */
	const char *public, *internal; /* host:port of the listeners */
};
#define SETTINGS_MADE_MAX 16 /* secret files of the template */
struct settings_made {
	char path[129]; /* of /hooks/<type>/<path> */
	char channel[33], type[33];
	struct {
		char file[64];
		const struct setting_row *row; /* of a driver */
	} secrets[SETTINGS_MADE_MAX];
	size_t secrets_len;
	char token[128]; /* of the first operator: show once, then wipe */
	int64_t token_expires_ms;
};
struct env;
int settings_init(struct env *env, const struct settings_init_conf *conf,
		  struct settings_made *ret, struct err *err);

#endif
