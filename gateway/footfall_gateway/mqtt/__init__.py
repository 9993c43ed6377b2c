"""From a gateway at the track to the processor in the club house, over MQTT, with nothing lost on the way.

What is on the wire: docs/mqtt.md. Why it is so: docs/adr/0008-mqtt.md.
"""
