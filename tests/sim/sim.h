/* sim.h - the outside world for tests, demo and bench: a WhatsApp provider, a
 * helpdesk and a load generator in one program, postern-sim.
 *
 * They sign, batch, repeat, reorder and break like the real ones.  Loopback
 * only.  Not part of the product: abort on the impossible, no fine errors. */
#ifndef POSTERN_SIM_H
#define POSTERN_SIM_H

#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- a small HTTP server -------------------------------------------------- */

struct sim_request {
	struct MHD_Connection *connection;
	const char *method, *path;
	const uint8_t *body;
	size_t body_len;
};
struct sim_answer {
	unsigned int status; /* 0: cut the connection */
	const char *type;
	uint8_t *body; /* malloc'ed, may be NULL */
	size_t body_len;
	struct {
		const char *name;
		char value[512];
	} headers[4];
	size_t headers_len;
	size_t flood; /* send this many bytes of 'x' instead of a body */
};
typedef void (*sim_handler)(void *ctx, const struct sim_request *rq,
			    struct sim_answer *an);

/* One thread per connection.  address is "127.0.0.1:9000". */
struct MHD_Daemon *sim_listen(const char *address, sim_handler handler,
			      void *ctx);
void sim_answer_json(struct sim_answer *an, unsigned int status, json_t *json);
void sim_answer_text(struct sim_answer *an, unsigned int status,
		     const char *type, const char *text);
void sim_answer_bytes(struct sim_answer *an, unsigned int status,
		      const char *type, const void *bytes, size_t len);
void sim_answer_header(struct sim_answer *an, const char *name,
		       const char *value);
const char *sim_header(const struct sim_request *rq, const char *name);
const char *sim_query(const struct sim_request *rq, const char *name);

/* --- a small HTTP client -------------------------------------------------- */

/* Status, or 0 when there was none.  headers: "Name: value" lines, NULL at the
 * end.  *ret (may be NULL) is malloc'ed. */
long sim_call(const char *method, const char *url, const char *const *headers,
	      const void *body, size_t body_len, uint8_t **ret,
	      size_t *ret_len);

/* --- odds ------------------------------------------------------------------
 */

char *sim_file(
    const char *path); /* without trailing newline; exits if absent */
int64_t sim_now_ms(void);
int64_t sim_boot_us(void);
void sim_sleep_ms(int64_t ms);
uint64_t sim_random(uint64_t *state);
/* "sha256=<hex>" of body under secret. */
void sim_sign_meta(const char *secret, const void *body, size_t len,
		   char ret[72]);
/* Value of --name in argv, or fallback. */
const char *sim_option(int argc, char **argv, const char *name,
		       const char *fallback);
bool sim_flag(int argc, char **argv, const char *name);
/* Blocks until SIGINT or SIGTERM. */
void sim_wait(void);

/* --- the three -------------------------------------------------------------
 */

int sim_whatsapp_main(int argc, char **argv);
int sim_desk_main(int argc, char **argv);
int sim_load_main(int argc, char **argv);
int sim_flood_main(int argc, char **argv);
int sim_tsa_main(int argc, char **argv);

/* One inbound text message as Meta writes it; caller frees. */
char *sim_whatsapp_text(const char *account, const char *phone,
			const char *name, const char *wamid, int64_t ts_s,
			const char *text);
/* Wraps a value object into the envelope, printed escaped like Meta. */
char *sim_whatsapp_envelope(const char *account, json_t *value_members);

#endif
