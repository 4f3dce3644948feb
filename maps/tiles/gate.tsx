<?xml version="1.0" encoding="UTF-8"?>
<tileset version="1.10" tiledversion="1.10.2" name="gate" tilewidth="64" tileheight="16" tilecount="1" columns="1">
 <image source="gate.png" width="64" height="16"/>
 <tile id="0" type="Portcullis">
 </tile>
</tileset>
