"""`ccroute`: what a person does with routes, one small file a command."""
