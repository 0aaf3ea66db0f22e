/* settings_example.h - the example of the manual, line for line. */
#ifndef POSTERN_TESTS_SETTINGS_EXAMPLE_H
#define POSTERN_TESTS_SETTINGS_EXAMPLE_H

#define WHO                                                               \
	"controller: {name: Muster GmbH, contact: \"Musterweg 1, 10115 "  \
	"Berlin\", dpo: datenschutz@muster.example, land: BE, timezone: " \
	"Europe/Berlin, language: de}\n"
#define LISTEN \
	"listen: {public: \"127.0.0.1:8080\", internal: \"127.0.0.1:8081\"}\n"
#define STORE "store: sqlite\n"
#define PATH  "5f0c6b1e9a7d4c32b8e1f60a97d3c254"
#define SECRETS                                               \
	"    app_secret: {file: secrets/whatsapp-app}\n"      \
	"    verify_token: {file: secrets/whatsapp-verify}\n" \
	"    access_token: {file: secrets/whatsapp-access}\n"
#define CHANNEL_HEAD           \
	"channels:\n"          \
	"  kundenservice:\n"   \
	"    type: whatsapp\n" \
	"    path: " PATH "\n" \
	"    phone_number_id: \"7794189252778687\"\n"
#define PROVIDER                                                      \
	"    provider: {role: processor, contract: \"DPA 2026-03\", " \
	"mechanism: DPF, review: 2027-03-01}\n"
#define CHANNEL_TAIL "    api: https://graph.facebook.com/v25.0\n" PROVIDER
#define CHANNEL	     CHANNEL_HEAD SECRETS CHANNEL_TAIL
#define DESK                                                             \
	"helpdesks:\n"                                                   \
	"  desk: {type: webhook, url: \"http://127.0.0.1:9000/inbox\", " \
	"secret: {file: secrets/desk}, allow: [\"127.0.0.1:9000\"]}\n"
#define ROUTE       \
	"routes:\n" \
	"  - {channel: kundenservice, helpdesk: desk}\n"
#define EXAMPLE WHO LISTEN STORE CHANNEL DESK ROUTE

#endif
