"""How the device is heard: outbox, MQTT session, Wi-Fi."""
