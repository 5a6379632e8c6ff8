"""The gateway: takes what devices send over MQTT, stores it, acknowledges it, and offers releases over HTTP.

wire        what travels over MQTT: topics, payloads, and their strict check
store       SQLite: devices, alerts, summaries, update states, offers
ingest      what a checked message does to the store, and what is answered
service     the MQTT client and the writer thread that joins the three
broker      the embedded broker, so that one machine is enough
http        releases with Range, and health
releases    publish, withdraw and follow releases
runner      all of it as one process
"""
