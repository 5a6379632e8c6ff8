"""How the device is heard: outbox, MQTT session, Wi-Fi."""

name_server = None  # (IPv4 address, port), as Wi-Fi has learnt it
